/** An act on the jobs that somebody chose, one by one. */
import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { ask, askTagged, messageOf } from './api.ts'
import { actNames, type BulkAction, effects } from './bulk.tsx'
import { whole } from './format.ts'
import { closeOwn, Dialog } from './parts.tsx'
import { jobHref, refresh } from './place.ts'
import type { JobListed, JobShown } from './types.ts'

/** So many at once: other callers of the API keep their share. */
const atOnce = 4

interface Result {
  readonly id: string
  /** Undefined: done. */
  readonly refused: string | undefined
}

/** Acts on the version that was on the screen, and on no other. */
async function actOn(action: BulkAction, { id, state, generation, attempt }: JobListed): Promise<Result> {
  const path = `/v1/jobs/${encodeURIComponent(id)}`
  try {
    const { body: now, etag } = await askTagged<JobShown>(path)
    const condition: Readonly<Record<string, string>> = etag === null ? {} : { 'if-match': etag }
    if (now.state !== state || now.generation !== generation || now.attempt !== attempt) {
      return { id, refused: `it moved meanwhile: it was ${state}, and is ${now.state}` }
    }
    if (action === 'delete') await ask('DELETE', path, undefined, condition)
    else await ask('POST', `${path}/${action}`, undefined, condition)
    return { id, refused: undefined }
  } catch (error) {
    return { id, refused: messageOf(error) }
  }
}

interface SelectionProps {
  readonly action: BulkAction
  readonly jobs: readonly JobListed[]
  /** Those that were done are no longer chosen. */
  readonly done: (ids: readonly string[]) => void
}

export function SelectionAct({ action, jobs, done }: SelectionProps): VNode {
  // As they were when the button was pressed.
  const [chosen, setChosen] = useState<readonly JobListed[]>()
  const [results, setResults] = useState<readonly Result[]>([])
  const name = actNames[action]
  const closed = (): void => {
    setChosen(undefined)
    done(results.filter(({ refused }) => refused === undefined).map(({ id }) => id))
    setResults([])
    refresh()
  }
  return (
    <>
      <button type="button" data-key={action === 'retry' ? 'r' : undefined} onClick={() => setChosen(jobs)}>
        {name}
      </button>
      {chosen !== undefined && (
        <Dialog name={name} closed={closed}>
          <Steps action={action} jobs={chosen} results={results} keep={setResults} />
        </Dialog>
      )}
    </>
  )
}

interface StepsProps {
  readonly action: BulkAction
  readonly jobs: readonly JobListed[]
  readonly results: readonly Result[]
  readonly keep: (change: (before: readonly Result[]) => readonly Result[]) => void
}

function Steps({ action, jobs, results, keep }: StepsProps): VNode {
  const [isStarted, setIsStarted] = useState(false)
  const isClosed = useRef(false)
  const close = useRef<HTMLButtonElement>(null)
  useEffect(
    () => () => {
      isClosed.current = true
    },
    [],
  )
  useEffect(() => {
    if (isStarted) close.current?.focus()
  }, [isStarted])
  const start = async (): Promise<void> => {
    setIsStarted(true)
    const waiting = [...jobs]
    const work = async (): Promise<void> => {
      for (let job = waiting.shift(); job !== undefined && !isClosed.current; job = waiting.shift()) {
        const result = await actOn(action, job)
        keep(before => [...before, result])
      }
    }
    await Promise.all(Array.from({ length: atOnce }, work))
  }
  const refused = results.filter(one => one.refused !== undefined)
  return (
    <>
      <p aria-live="polite">
        {isStarted
          ? `${whole(results.length - refused.length)} of ${whole(jobs.length)} done, ${whole(refused.length)} refused`
          : `${whole(jobs.length)} chosen jobs ${effects[action]}.`}
      </p>
      {isStarted && <Results of={results} />}
      <div class="acts">
        {!isStarted && (
          <button type="button" onClick={() => void start()}>
            {`${actNames[action]} ${whole(jobs.length)}`}
          </button>
        )}
        <button ref={close} type="button" onClick={closeOwn}>
          {isStarted && results.length < jobs.length ? 'Stop' : isStarted ? 'Close' : 'Back'}
        </button>
      </div>
    </>
  )
}

/** Those that were refused first: they are what is left to do. */
const Results = ({ of }: { readonly of: readonly Result[] }): VNode => (
  <ul class="results" tabIndex={0} aria-label="Results">
    {of
      .toSorted((one, other) => Number(one.refused === undefined) - Number(other.refused === undefined))
      .slice(0, maxShown)
      .map(({ id, refused }) => (
        <li key={id} class={refused === undefined ? 'good' : 'bad'}>
          <a href={jobHref(id)}>…{id.slice(-8)}</a> {refused === undefined ? '✓ done' : `✕ refused: ${refused}`}
        </li>
      ))}
  </ul>
)

/** Results in the document; their number is in the sentence above. */
const maxShown = 500
