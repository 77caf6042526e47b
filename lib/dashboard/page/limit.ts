/** The limit of a whole queue, as people read it and as they type it. */
import { relative } from './format.ts'
import type { QueueShown } from './types.ts'

type Shown = QueueShown['limit']
export type Limit = Pick<NonNullable<Shown>, 'concurrency' | 'rate'>

/** `3 at a time, 10 starts per 1s`. */
export function allowed({ concurrency, rate }: Limit): string {
  const burst = rate?.burst === undefined ? '' : `, ${rate.burst} at once`
  return [
    ...(concurrency === undefined ? [] : [`${concurrency} at a time`]),
    ...(rate === undefined ? [] : [`${rate.count} starts per ${rate.per}${burst}`]),
  ].join(', ')
}

/** Also who set it and when, where it is not the code's. */
export function limitText(limit: Shown, now: number): string {
  if (limit === undefined) return 'none'
  if (limit.by === undefined) return allowed(limit)
  const when = limit.at === undefined ? '' : ` ${relative(limit.at, now)}`
  return `${allowed(limit)}, set by ${limit.by}${when}; ${codeText(limit)}`
}

/** What the code says, whatever somebody has set. */
function codeText(limit: Shown): string {
  const code = limit?.by === undefined ? limit : limit.code
  return code === undefined ? 'the code has none' : `the code says ${allowed(code)}`
}

export type Field = 'concurrency' | 'count' | 'per' | 'burst'
export type Texts = Readonly<Record<Field, string>>

export interface Wrong {
  readonly kind: 'wrong'
  readonly field: Field
  readonly message: string
}

export const textsOf = (limit: Shown): Texts => ({
  concurrency: String(limit?.concurrency ?? ''),
  count: String(limit?.rate?.count ?? ''),
  per: limit?.rate?.per ?? '',
  burst: String(limit?.rate?.burst ?? ''),
})

/** What the API takes; what only it knows, such as the length of a duration, it says itself. */
const most = { concurrency: 100, count: 100_000, burst: 10_000 } as const

/** @param texts empty ones are left out */
export function limitOf(texts: Texts): Wrong | { readonly kind: 'limit'; readonly limit: Limit } {
  const { concurrency, count, burst } = numbersIn(texts)
  for (const [field, number] of Object.entries({ concurrency, count, burst })) {
    if (number === 'wrong') return wholeNumber(field as keyof typeof most)
  }
  const per = texts.per.replace(/\s/g, '')
  if (count === undefined && (burst !== undefined || per !== ''))
    return wrong('count', 'say how many starts, or leave the time and the burst empty')
  if (count !== undefined && per === '') return wrong('per', 'say in which time, as 1s or 10m')
  if (concurrency === undefined && count === undefined)
    return wrong('concurrency', 'say how many jobs at the same time, how many starts, or both')
  const rate = { count: count as number, per, ...(burst === undefined ? {} : { burst: burst as number }) }
  return {
    kind: 'limit',
    limit: {
      ...(concurrency === undefined ? {} : { concurrency: concurrency as number }),
      ...(count === undefined ? {} : { rate }),
    },
  }
}

type Typed = number | 'wrong' | undefined

const numbersIn = (texts: Texts): Readonly<Record<keyof typeof most, Typed>> => ({
  concurrency: numberIn(texts.concurrency, most.concurrency),
  count: numberIn(texts.count, most.count),
  burst: numberIn(texts.burst, most.burst),
})

function numberIn(text: string, max: number): Typed {
  const trimmed = text.trim()
  if (trimmed === '') return undefined
  const number = /^\d{1,9}$/.test(trimmed) ? Number(trimmed) : 0
  return number >= 1 && number <= max ? number : 'wrong'
}

const wholeNumber = (field: keyof typeof most): Wrong =>
  wrong(field, `a whole number from 1 to ${most[field].toLocaleString('en')}`)

const wrong = (field: Field, message: string): Wrong => ({ kind: 'wrong', field, message })

/** The field that a refusal names: `limit.rate.count`. Undefined where it is about none of them. */
export function fieldOf(name: string | undefined): Field | undefined {
  const last = name?.startsWith('limit.') === true ? name.slice(name.lastIndexOf('.') + 1) : ''
  return Object.hasOwn(textsOf(undefined), last) ? (last as Field) : undefined
}
