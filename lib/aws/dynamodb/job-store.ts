import {
  type DynamoDBClient,
  QueryCommand,
  type QueryCommandInput,
  type QueryCommandOutput,
} from '@aws-sdk/client-dynamodb'
import { completeJob, type Job } from '../../core/job/job.ts'
import { jobAfter } from '../../core/transitions/transition.ts'
import { InvalidInput, show, Unavailable } from '../../core/values/errors.ts'
import { parsedList } from '../../core/values/json.ts'
import { maxKeyBytes } from '../../core/values/quotas.ts'
import type { Clock } from '../../ports/clock.ts'
import type { JobScan, ScanPage } from '../../ports/job-scan.ts'
import type {
  Change,
  ChangeOutcome,
  CountPage,
  InsertOutcome,
  JobParts,
  JobStore,
  LaneQuery,
  TimelinePage,
} from '../../ports/job-store.ts'
import type { Random } from '../../ports/random.ts'
import { controlAttributes, encode, fromItem, type Item, timedRow, timelineRow } from './item.ts'
import { projectionOf, readItems, type TableAccess } from './read-items.ts'
import { isKey } from './record-key.ts'
import { renderInsert, renderTransition } from './render.ts'
import { scanItems } from './scan-items.ts'
import { indexName, keyAttribute, laneAttribute, lookAtAttribute } from './table.ts'
import { type Write, type Written, writeAll } from './write-all.ts'

const control = projectionOf(controlAttributes)

/** Calls to DynamoDB that one call of the store may have under way. */
const parallelCalls = 4

export interface DynamoJobStoreOptions {
  readonly client: DynamoDBClient
  readonly table: string
  readonly clock: Pick<Clock, 'now' | 'sleep'>
  readonly random: Pick<Random, 'fraction'>
}

/** The JobStore on DynamoDB: changes as conditional statements, 25 in a call. */
export class DynamoJobStore implements JobStore, JobScan {
  readonly #access: TableAccess
  readonly #clock: Pick<Clock, 'now'>

  constructor({ client, table, clock, random }: DynamoJobStoreOptions) {
    this.#access = { client, table, clock, random, parallel: parallelCalls }
    this.#clock = clock
  }

  async insert(jobs: readonly Job[]): Promise<readonly InsertOutcome[]> {
    const { table } = this.#access
    const writes = jobs.map((job): Write => {
      const render = () => {
        if (!isKey(job.id)) throw new InvalidInput('id', job.id, `text of 1 to ${maxKeyBytes} bytes`)
        return renderInsert(table, job)
      }
      return { id: job.id, render, needsItem: false }
    })
    const answers = await writeAll(this.#access, writes)
    return answers.map(answer => {
      switch (answer.kind) {
        case 'done':
          return { kind: 'inserted' }
        case 'refused':
          return { kind: 'exists', job: this.#jobOf(answer.item) }
        case 'failed':
          return answer
      }
    })
  }

  async apply(changes: readonly Change[]): Promise<readonly ChangeOutcome[]> {
    const { table } = this.#access
    const writes = changes.map(({ id, transition, seen }): Write => {
      const isAnswered = seen === undefined || transition.deletes === true
      const render = () =>
        // An id from a foreign message: there is no such item, and there cannot be one.
        isKey(id)
          ? renderTransition(table, id, transition, isAnswered)
          : ({ kind: 'refused', item: undefined } as const)
      return { id, render, needsItem: isAnswered }
    })
    const answers = await writeAll(this.#access, writes)
    return answers.map((answer, index) => this.#outcomeOf(changes[index] as Change, answer))
  }

  #outcomeOf({ id, transition, seen }: Change, answer: Written): ChangeOutcome {
    if (answer.kind === 'failed') return answer
    if (answer.kind === 'refused') return { kind: 'refused', job: this.#jobOf(answer.item) }
    if (seen !== undefined && transition.deletes !== true) {
      return { kind: 'applied', job: jobAfter(transition, seen) }
    }
    const job = this.#jobOf(answer.item)
    return job === undefined
      ? { kind: 'failed', error: new Error(`item ${show(id)} cannot be read as a job`) }
      : { kind: 'applied', job }
  }

  async get(ids: readonly string[], parts: JobParts = 'all'): Promise<readonly (Job | undefined)[]> {
    const items = await readItems(this.#access, ids, parts === 'all' ? undefined : control)
    return ids.map(id => {
      const item = items.get(id)
      return this.#jobOf(item === undefined || parts === 'all' ? item : { ...item, input: { S: '' } })
    })
  }

  async due(lane: string, until: number, limit: number, from?: string): Promise<TimelinePage> {
    const page = await this.#query({
      KeyConditionExpression: '#lane = :lane AND #lookAt <= :until',
      ExpressionAttributeValues: { ':lane': { S: lane }, ':until': encode('lookAt', until) },
      Limit: limit,
      ExclusiveStartKey: from === undefined ? undefined : cursorFrom(lane, from),
    })
    return { rows: (page.Items ?? []).flatMap(item => timelineRow(item, until) ?? []), next: nextOf(page) }
  }

  async lane(query: LaneQuery): Promise<TimelinePage> {
    const page = await this.#query(laneInput(query))
    return { rows: (page.Items ?? []).flatMap(item => timedRow(item) ?? []), next: nextOf(page) }
  }

  async count(query: LaneQuery): Promise<CountPage> {
    const page = await this.#query({ ...laneInput(query), Select: 'COUNT' })
    return { count: page.Count ?? 0, next: nextOf(page) }
  }

  async scan(segment: number, segments: number, from?: string): Promise<ScanPage> {
    const { items, readUnits, next } = await scanItems(this.#access, segment, segments, from)
    return { jobs: items.flatMap(item => this.#jobOf(item) ?? []), looked: items.length, readUnits, next }
  }

  async #query(query: IndexQuery): Promise<QueryCommandOutput> {
    try {
      return await this.#access.client.send(
        new QueryCommand({
          TableName: this.#access.table,
          IndexName: indexName,
          ExpressionAttributeNames: { '#lane': laneAttribute, '#lookAt': lookAtAttribute },
          ...query,
        }),
      )
    } catch (error) {
      throw new Unavailable('DynamoDB', error)
    }
  }

  #jobOf(item: Item | undefined): Job | undefined {
    return item === undefined ? undefined : completeJob(fromItem(item), this.#clock.now())
  }
}

type IndexQuery = Pick<
  QueryCommandInput,
  'KeyConditionExpression' | 'ExpressionAttributeValues' | 'Limit' | 'ScanIndexForward' | 'ExclusiveStartKey' | 'Select'
>

const laneInput = ({ lane, since, until, limit, isDescending, from }: LaneQuery): IndexQuery => ({
  KeyConditionExpression: '#lane = :lane AND #lookAt BETWEEN :since AND :until',
  ExpressionAttributeValues: {
    ':lane': { S: lane },
    ':since': encode('lookAt', since),
    ':until': encode('lookAt', until),
  },
  Limit: limit,
  ScanIndexForward: isDescending !== true,
  ExclusiveStartKey: from === undefined ? undefined : cursorFrom(lane, from),
})

const nextOf = ({ LastEvaluatedKey: last }: QueryCommandOutput): string | undefined =>
  last === undefined ? undefined : JSON.stringify([last[lookAtAttribute]?.S, last[keyAttribute]?.S])

/** The row after which the next page starts. @throws InvalidInput */
function cursorFrom(lane: string, from: string): Item {
  const [at, id] = parsedList(from)
  if (typeof at !== 'string' || typeof id !== 'string') throw new InvalidInput('from', from, 'what a page gave as next')
  return { [laneAttribute]: { S: lane }, [lookAtAttribute]: { S: at }, [keyAttribute]: { S: id } }
}
