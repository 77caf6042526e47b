/** `watch`: what happens to jobs, as it happens. */
import type { Changes, ChangeView, JobView } from '../../client/lookup.ts'
import { type ChangeKind, changeKinds } from '../../core/lookup/change-feed.ts'
import { InvalidInput, LamplighterError, Unavailable } from '../../core/values/errors.ts'
import { pathOf } from '../api.ts'
import type { Call, Command } from '../command.ts'
import { clipped, type Page, paragraph, type Tone, toned } from '../render.ts'
import { rememberIds, shortIds } from '../shown-ids.ts'
import { errorText } from './job-text.ts'

/** What the API waits for a change, in seconds; it answers at once when there is one. */
const waitSeconds = 20
const maxFailures = 10
const pauseMs = 2_000
/** Errors that are looked up of one answer: each is a request. */
const maxLooked = 10

export const watch: Command = {
  name: 'watch',
  summary: 'follow what happens to jobs, until Ctrl-C',
  details:
    'Prints what happens to jobs, a line each, until Ctrl-C. A local stack shows every change at once; a deployed one ' +
    'samples, a few seconds late. With --json each line is an object.',
  options: [
    { flags: '--queue <queue>', description: 'of this queue (default: all)' },
    { flags: '--type <type>', description: 'of this job type, where the type is known' },
    { flags: '--kind <kinds>', description: 'only these, separated by commas: completed, failed, retried, crashed …' },
  ],
  examples: ['lamplighter watch', 'lamplighter watch --queue mails --kind failed,crashed'],
  async run(call) {
    const { terminal, page, isJson, given } = call
    const kinds = given['kind'] === undefined ? undefined : kindsIn(given['kind'])
    let [after, isTold, failures]: [string | undefined, boolean, number] = [undefined, false, 0]
    for (;;) {
      try {
        const { changes, next, isSampled }: Changes = await changesAfter(call, after)
        ;[after, failures] = [next, 0]
        if (isSampled && !isTold && !isJson) terminal.stderr.write(`${toned(page, 'dim', paragraph(page, sampled))}\n`)
        isTold = true
        await show(call, changes, kinds)
      } catch (error) {
        failures += 1
        if (!(error instanceof Unavailable) || failures >= maxFailures) throw error
        await terminal.wait(pauseMs)
      }
    }
  },
}

const sampled = 'Samples: at most 20 jobs of each outcome, queue and minute, a few seconds late.'

async function changesAfter({ api, given }: Call, after: string | undefined): Promise<Changes> {
  const query = { after, queue: given['queue'], wait: waitSeconds }
  return (await api.request<Changes>('GET', '/v1/changes', { query })).body
}

type Seen = ChangeView & { readonly error?: JobView['error'] }

/** @throws InvalidInput for a word that names none: a filter that shows nothing looks like a quiet system */
function kindsIn(text: string): readonly ChangeKind[] {
  return text.split(',').map(word => {
    const kind = changeKinds.find(one => one === word.trim().toLowerCase())
    if (kind === undefined) throw new InvalidInput('--kind', word, changeKinds.join(', '))
    return kind
  })
}

async function show(
  call: Call,
  changes: readonly ChangeView[],
  kinds: readonly ChangeKind[] | undefined,
): Promise<void> {
  const { given, terminal, page, isJson } = call
  const wanted = changes.filter(({ kind, type }) => {
    const isType = given['type'] === undefined || type === undefined || type === given['type']
    return isType && (kinds === undefined || kinds.includes(kind))
  })
  const seen = await withErrors(call, wanted)
  const ids = shortIds(seen.map(({ id }) => id))
  for (const one of seen) {
    terminal.stdout.write(isJson ? `${JSON.stringify(one)}\n` : `${lineOf(page, one, ids.get(one.id) ?? one.id)}\n`)
  }
  await rememberIds(
    call,
    seen.toReversed().map(({ id }) => id),
  )
}

const failing: readonly string[] = ['failed', 'retried', 'crashed']

/** With what the job says now of its error; a job that is gone says nothing. */
async function withErrors({ api }: Call, changes: readonly ChangeView[]): Promise<readonly Seen[]> {
  const asked = new Set(
    changes
      .filter(({ kind }) => failing.includes(kind))
      .slice(-maxLooked)
      .map(({ id }) => id),
  )
  return Promise.all(
    changes.map(async (one): Promise<Seen> => {
      if (!asked.has(one.id) || !failing.includes(one.kind)) return one
      try {
        const { body } = await api.request<JobView>('GET', pathOf`/v1/jobs/${one.id}`)
        return { ...one, type: one.type ?? body.type, ...(body.error === undefined ? {} : { error: body.error }) }
      } catch (error) {
        if (error instanceof LamplighterError) return one
        throw error
      }
    }),
  )
}

const tones: Readonly<Partial<Record<string, Tone>>> = {
  completed: 'green',
  failed: 'red',
  crashed: 'red',
  retried: 'yellow',
  cancelled: 'dim',
  enqueued: 'dim',
}

const widestKind = 'completed'.length
const minErrorColumns = 10

/** One line, whatever is in it: what does not fit is cut. */
function lineOf(page: Page, { at, kind, type, queue, error }: Seen, shortId: string): string {
  const tone = tones[kind]
  const word = kind.padEnd(widestKind)
  const head = `  ${at.slice(11, 23)}  ${word}  ${clipped(`${shortId}  ${type ?? queue}`, 36)}`
  const left = page.columns - head.length - 2
  const why = error === undefined || left < minErrorColumns ? '' : `  ${clipped(errorText(error), left)}`
  return `${tone === undefined ? head : head.replace(word, () => toned(page, tone, word))}${why}`
}
