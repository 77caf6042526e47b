/** People set the limit of a whole queue, and bring back what the code says. */
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ask, askTagged, Refusal } from './api.ts'
import { type Field, fieldOf, type Limit, limitOf, limitText, type Texts, textsOf, type Wrong } from './limit.ts'
import { Act } from './parts.tsx'
import { refresh } from './place.ts'
import type { QueueShown } from './types.ts'

interface LimitProps {
  readonly queue: QueueShown
  readonly path: string
  /** Of the queue as it is on the screen. */
  readonly etag: string | undefined
}

export const LimitActs = (props: LimitProps): VNode => (
  <>
    <SetLimit {...props} />
    {props.queue.limit?.by !== undefined && <DropLimit {...props} />}
  </>
)

type Send = (limit: Limit | null) => Promise<unknown>

/** Changes only what the reader has seen. What somebody else did meanwhile is told, and then seen as well. */
function useLimit({ path, etag }: LimitProps): Send {
  const [newer, setNewer] = useState<string>()
  const seen = newer ?? etag
  return async limit => {
    try {
      return await ask('PATCH', path, { limit }, seen === undefined ? {} : { 'if-match': seen })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      if (error.state === 'LIMITED_BY_TYPE') {
        throw new Error(`${error.message}. Such a type needs a queue of its own, or no limit in the code.`, {
          cause: error,
        })
      }
      if (error.code !== 'precondition_failed') throw error
      const now = await askTagged<QueueShown>(path)
      setNewer(now.etag ?? undefined)
      throw new Error(
        `Somebody changed the queue since you opened this. Its limit is now: ${limitText(now.body.limit, Date.now())}. ` +
          'Nothing was changed; the button does it all the same.',
        { cause: error },
      )
    }
  }
}

const labels = {
  concurrency: 'Jobs at the same time, 1 to 100; empty: any number',
  count: 'Starts, at most 100 a second; empty: any number',
  per: 'In a time of 1s to 7d, such as 1s or 10m',
  burst: 'Of which at once; empty: 1',
} as const satisfies Readonly<Record<Field, string>>

function SetLimit(props: LimitProps): VNode {
  const { name, limit } = props.queue
  const [texts, setTexts] = useState(() => textsOf(limit))
  const [wrong, setWrong] = useState<Pick<Wrong, 'field' | 'message'>>()
  const send = useLimit(props)
  useEffect(() => {
    if (wrong !== undefined) document.getElementById(idOf(wrong.field))?.focus()
  }, [wrong])
  const act = async (): Promise<unknown> => {
    const typed = limitOf(texts)
    setWrong(typed.kind === 'wrong' ? typed : undefined)
    if (typed.kind === 'wrong') return 'open'
    try {
      return await send(typed.limit)
    } catch (error) {
      const field = error instanceof Refusal ? fieldOf(error.field) : undefined
      if (field === undefined) throw error
      setWrong({ field, message: (error as Refusal).message })
      return 'open'
    }
  }
  return (
    <Act
      name="Limit"
      go="Set the limit"
      what={`So many jobs of the whole queue ${name} run at a time, or start in a time. Workers notice within 5 s, jobs that wait obey it, runs at work end as they would.`}
      act={act}
      done={refresh}
    >
      <p class="soft">Now: {limitText(limit, Date.now())}</p>
      {(Object.keys(labels) as Field[]).map(field => (
        <LimitField
          key={field}
          {...{ field, texts, setTexts }}
          wrong={wrong?.field === field ? wrong.message : undefined}
        />
      ))}
    </Act>
  )
}

const idOf = (field: Field): string => `limit-${field}`

interface FieldProps {
  readonly field: Field
  readonly texts: Texts
  readonly setTexts: (texts: Texts) => void
  readonly wrong: string | undefined
}

function LimitField({ field, texts, setTexts, wrong }: FieldProps): VNode {
  const id = idOf(field)
  const isWrong = wrong !== undefined
  return (
    <>
      <label for={id}>{labels[field]}</label>
      <input
        id={id}
        value={texts[field]}
        inputMode={field === 'per' ? 'text' : 'numeric'}
        autocomplete="off"
        aria-invalid={isWrong}
        aria-describedby={isWrong ? `${id}-wrong` : undefined}
        onInput={event => setTexts({ ...texts, [field]: event.currentTarget.value })}
      />
      {isWrong && (
        <div id={`${id}-wrong`} class="bad">
          {wrong}
        </div>
      )}
    </>
  )
}

function DropLimit(props: LimitProps): VNode {
  const { limit } = props.queue
  const send = useLimit(props)
  const isOnly = limit?.code === undefined
  return (
    <Act
      name="Limit as in the code"
      go={isOnly ? 'Take the limit away' : 'Bring back the code’s limit'}
      what={`Now: ${limitText(limit, Date.now())}. ${isOnly ? 'Afterwards nothing limits the queue, and all that wait at it go.' : 'Afterwards that of the code holds.'}`}
      act={() => send(null)}
      done={refresh}
    />
  )
}
