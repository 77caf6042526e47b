/** An act on every job that matches: counted first, then asked, then watched. */
import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { ask, messageOf, usePoll } from './api.ts'
import { whole } from './format.ts'
import { closeOwn, Dialog, Trouble } from './parts.tsx'
import { refresh } from './place.ts'
import type { BulkShown } from './types.ts'

export type BulkAction = 'retry' | 'cancel' | 'run' | 'delete'

export const actNames: Readonly<Record<BulkAction, string>> = {
  retry: 'Retry',
  cancel: 'Cancel',
  run: 'Run now',
  delete: 'Delete',
}

export const effects: Readonly<Record<BulkAction, string>> = {
  retry: 'run again with all their attempts, and keep their ids',
  cancel: 'end; those that run now are asked to stop',
  run: 'start now',
  delete: 'are gone, with their inputs and results',
}

interface BulkProps {
  readonly action: BulkAction
  readonly filter: Readonly<Record<string, string | true>>
  /** Whom it concerns: `FAILED jobs of send-mail`. */
  readonly about: string
}

const defaultRate = 50

export function BulkAct(props: BulkProps): VNode {
  const [isOpen, setIsOpen] = useState(false)
  const name = `${actNames[props.action]} all`
  const closed = (): void => {
    setIsOpen(false)
    refresh()
  }
  return (
    <>
      <button type="button" data-key={props.action === 'retry' ? 'r' : undefined} onClick={() => setIsOpen(true)}>
        {name}
      </button>
      {isOpen && (
        <Dialog name={name} closed={closed}>
          <Steps {...props} name={name} />
        </Dialog>
      )}
    </>
  )
}

const ends = new Set<string | undefined>(['COMPLETED', 'FAILED', 'CANCELLED'])
const isOver = ({ state, endedAt }: BulkShown): boolean => endedAt !== undefined || ends.has(state)
const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((all, one) => all + one, 0)

/** One bulk act, from its start on. */
function useBulk() {
  const [id, setId] = useState<string>()
  const [trouble, setTrouble] = useState<string>()
  const { body, error } = usePoll<BulkShown>(id === undefined ? undefined : `/v1/bulk/${id}`, { isInDialog: true })
  const attempt = async (what: () => Promise<unknown>): Promise<void> => {
    try {
      setTrouble(undefined)
      await what()
    } catch (refused) {
      setTrouble(messageOf(refused))
    }
  }
  return {
    id,
    body,
    trouble: trouble ?? error,
    start: (request: object) => attempt(async () => setId((await ask<BulkShown>('POST', '/v1/bulk', request)).id)),
    stop: () => attempt(() => ask('POST', `/v1/bulk/${id}/cancel`)),
  }
}

function Steps({ action, filter, about, name }: BulkProps & { readonly name: string }): VNode {
  const [rate, setRate] = useState(defaultRate)
  const [counted, real] = [useBulk(), useBulk()]
  const confirm = useRef<HTMLButtonElement>(null)
  useEffect(() => void counted.start({ action, filter, dryRun: true }), [])
  const count = counted.body !== undefined && isOver(counted.body) ? counted.body.counts.matched : undefined
  useEffect(() => confirm.current?.focus(), [count])
  if (real.id !== undefined) return <Progress of={real} matched={count ?? 0} />
  return (
    <>
      <p aria-live="polite">
        {count === undefined
          ? `Counting ${about} …`
          : `${whole(count)} ${about} ${effects[action]}. What comes later is left alone.`}
      </p>
      {counted.body?.state === 'FAILED' && <p class="bad">They could not be counted.</p>}
      <label>
        Jobs a second{' '}
        <input
          type="number"
          min="1"
          max="1000"
          value={rate}
          onInput={event => setRate(event.currentTarget.valueAsNumber)}
        />
      </label>
      <Trouble text={counted.trouble ?? real.trouble} />
      <div class="acts">
        {count !== undefined && count > 0 && (
          <button ref={confirm} type="button" onClick={() => void real.start({ action, filter, rate })}>
            {`${name.replace(/ all$/, '')} ${whole(count)} jobs`}
          </button>
        )}
        <button type="button" onClick={closeOwn}>
          Back
        </button>
      </div>
    </>
  )
}

function Progress({ of, matched }: { readonly of: ReturnType<typeof useBulk>; readonly matched: number }): VNode {
  const close = useRef<HTMLButtonElement>(null)
  useEffect(() => close.current?.focus(), [])
  const { done = 0, already = 0, gone = 0, refused = {} } = of.body?.counts ?? {}
  const moved = already + gone
  const isEnded = of.body !== undefined && isOver(of.body)
  return (
    <>
      <p aria-live="polite">
        {isEnded ? (of.body?.state === 'COMPLETED' ? 'Done: ' : 'Stopped: ') : ''}
        {`${whole(done)} of ${whole(matched)} done`}
        {moved > 0 && `, ${whole(moved)} moved before their turn came`}
        {sum(refused) > 0 && `, ${whole(sum(refused))} refused`}
      </p>
      <progress aria-label="Done" max={Math.max(matched, 1)} value={isEnded ? matched : done + moved + sum(refused)} />
      <ul>
        {Object.entries(refused).map(([why, many]) => (
          <li key={why}>{`${whole(many)} refused: ${why}`}</li>
        ))}
        {(of.body?.refusedIds ?? []).map(id => (
          <li key={id}>
            <a href={`/jobs/${encodeURIComponent(id)}`}>{id}</a>
          </li>
        ))}
      </ul>
      <Trouble text={of.trouble} />
      <div class="acts">
        {!isEnded && (
          <button type="button" onClick={() => void of.stop()}>
            Stop
          </button>
        )}
        <button ref={close} type="button" onClick={closeOwn}>
          {isEnded ? 'Close' : 'Close, it goes on'}
        </button>
      </div>
    </>
  )
}
