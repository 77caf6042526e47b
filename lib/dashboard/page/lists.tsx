/** Errors in groups, and what happens now. */
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ask, messageOf, usePoll } from './api.ts'
import { BulkAct } from './bulk.tsx'
import { relative, shown, whole } from './format.ts'
import { type Column, State, Table, Trouble } from './parts.tsx'
import { jobHref, jobsHref, version } from './place.ts'
import type { ChangeShown, GroupShown } from './types.ts'

const groupColumns = (canAct: boolean): readonly Column<GroupShown>[] => [
  {
    head: 'Error',
    cell: ({ name, message, frame }) => (
      <>
        <strong>{shown(`${name}: ${message}`, 300)}</strong>
        {frame !== undefined && <div class="soft">{shown(frame, 200)}</div>}
      </>
    ),
  },
  { head: 'Type', cell: ({ type }) => type },
  { head: 'Times', isNumber: true, cell: ({ count }) => whole(count) },
  { head: 'Last', isNumber: true, cell: ({ lastAt }) => relative(lastAt, Date.now()) },
  {
    head: 'Failed now',
    isNumber: true,
    cell: ({ queue, why, jobsFailed }) => (
      <a href={jobsHref(`queue:${queue} phase:failed why:${why}`)}>{whole(jobsFailed)}</a>
    ),
  },
  ...(canAct
    ? [
        {
          head: 'Act',
          cell: (group: GroupShown) => (
            <div class="acts">
              {(['retry', 'delete'] as const).map(action => (
                <BulkAct key={action} action={action} filter={filterOf(group)} about={aboutOf(group)} />
              ))}
            </div>
          ),
        },
      ]
    : []),
]

const filterOf = ({ queue, type, why }: GroupShown) => ({ queue, type, phase: 'failed', why })
const aboutOf = ({ type, name }: GroupShown): string => `FAILED jobs of ${type} with ${name}`

export function Errors({ canAct }: { readonly canAct: boolean }): VNode {
  const { body, error } = usePoll<{ readonly groups: readonly GroupShown[] }>('/v1/errors', version.value)
  return (
    <>
      <h1>Errors</h1>
      <Trouble text={error} />
      <Table
        caption="Failures that are alike, the latest first"
        columns={groupColumns(canAct)}
        rows={body?.groups}
        keyOf={({ queue, type, why }) => `${queue}/${type}/${why}`}
        empty="No run has failed."
      />
    </>
  )
}

const changeColumns: readonly Column<ChangeShown>[] = [
  { head: 'Time', cell: ({ at }) => at.slice(11, 23) },
  { head: 'Job', cell: ({ id }) => <a href={jobHref(id)}>…{id.slice(-8)}</a> },
  { head: 'Type', cell: ({ type }) => type ?? '–' },
  { head: 'Queue', cell: ({ queue }) => queue },
  { head: 'What', cell: ({ state, kind }) => (state === undefined ? kind : <State name={state} />) },
]

interface Changes {
  readonly changes: readonly ChangeShown[]
  readonly next: string
  readonly isSampled: boolean
}

/** Between two answers, so that a busy stack is asked twice in ten seconds at most. */
const pauseMs = 4_000

export function Live(): VNode {
  const [rows, setRows] = useState<readonly ChangeShown[]>([])
  const [trouble, setTrouble] = useState<string>()
  const [isSampled, setIsSampled] = useState(false)
  useEffect(() => {
    let isOver = false
    let timer = 0
    const follow = async (after?: string): Promise<void> => {
      const cursor = after === undefined ? '' : `&after=${encodeURIComponent(after)}`
      let next = after
      try {
        const answer = await ask<Changes>('GET', `/v1/changes?wait=10${cursor}`)
        next = answer.next
        if (isOver) return
        setTrouble(undefined)
        setIsSampled(answer.isSampled)
        setRows(before => [...answer.changes.toReversed(), ...before].slice(0, 200))
      } catch (error) {
        if (!isOver) setTrouble(messageOf(error))
      }
      if (!isOver) timer = window.setTimeout(() => void follow(next), pauseMs)
    }
    void follow()
    return () => {
      isOver = true
      window.clearTimeout(timer)
    }
  }, [])
  return (
    <>
      <h1>Live</h1>
      <Trouble text={trouble} />
      <Table
        caption={
          isSampled ? 'A sample: at most 20 jobs of each outcome, queue and minute' : 'Every change, the newest first'
        }
        columns={changeColumns}
        rows={rows}
        keyOf={({ at, id, kind }) => `${at}/${id}/${kind}`}
        empty="Waiting for changes."
      />
    </>
  )
}
