import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'
import { fromItem, type Item } from '../../lib/aws/dynamodb/item.ts'
import { completeJob } from '../../lib/core/job/job.ts'
import { dispatchRecords } from '../../lib/lambda/dispatch-records.ts'
import type { Sim } from './sim.ts'

const batchSize = 10
const functionMs = 60_000

/**
 * The table's stream and its mapping: every item that *becomes* AVAILABLE reaches the dispatcher, in the order of the
 * writes, up to ten in one batch. A record that the answer names comes again, and all after it; so does a whole batch
 * whose function died.
 */
export function startStream(sim: Sim): void {
  const shard = new StreamShard(sim)
  sim.watchers.push({
    wrote({ id, before, after }) {
      const image = sim.table.item(id)
      // The filter of the mapping.
      if (after?.state !== 'AVAILABLE' || before?.state === 'AVAILABLE' || image?.['parked'] !== undefined) return
      if (image !== undefined) shard.add(image)
    },
  })
}

class StreamShard {
  readonly #sim: Sim
  #records: DynamoDBRecord[] = []
  #sequence = 0
  #isBusy = false

  constructor(sim: Sim) {
    this.#sim = sim
  }

  add(image: Item): void {
    const { faults, chance } = this.#sim
    this.#sequence += 1
    const NewImage = image as NonNullable<NonNullable<DynamoDBRecord['dynamodb']>['NewImage']>
    this.#records.push({ dynamodb: { NewImage, SequenceNumber: String(this.#sequence) } })
    const delayMs = faults.happens('streamDelayed')
      ? faults.chance('streamDelayed').spread(1_000, 300_000)
      : chance.int(50, 900)
    this.#lookAfter(delayMs)
  }

  #lookAfter(milliseconds: number): void {
    this.#sim.loop.after(milliseconds, () => this.#look())
  }

  #look(): void {
    if (this.#isBusy || this.#records.length === 0) return
    this.#isBusy = true
    const Records = this.#records.slice(0, batchSize)
    if (Records.length > 1) this.#sim.count('transport stream batch of several')
    this.#invoke({ Records }, failed => {
      this.#isBusy = false
      const firstFailed =
        failed === 'all' ? 0 : Records.findIndex(({ dynamodb }) => dynamodb?.SequenceNumber === failed)
      this.#records = this.#records.slice(failed === undefined ? Records.length : Math.max(0, firstFailed))
      if (failed !== undefined) this.#sim.count('transport stream record retried')
      this.#lookAfter(failed === undefined ? 1 : this.#sim.chance.spread(500, 20_000))
    })
    const { faults, loop } = this.#sim
    if (faults.happens('streamDoubled'))
      loop.after(faults.chance('streamDoubled').spread(50, 600_000), () => this.#invoke({ Records }, () => {}))
  }

  /** @param answered with the sequence number of the first record that failed, or `all` when the function died */
  #invoke(event: DynamoDBStreamEvent, answered: (failed: string | undefined) => void): void {
    const { loop, uses, facts } = this.#sim
    const dispatcher = this.#sim.spawn('dispatcher')
    dispatcher.onDeath(() => answered('all'))
    loop.after(functionMs, () => dispatcher.kill('function timeout'))
    loop.wake()
    for (const { dynamodb } of event.Records) {
      const job = completeJob(fromItem(dynamodb?.NewImage as Item), dispatcher.now())
      if (job !== undefined) facts.sawImage(dispatcher, job)
    }
    dispatchRecords(this.#sim.depsFor(dispatcher), event, uses.startAvailable).then(
      ({ batchItemFailures }) => {
        if (dispatcher.isDead) return
        facts.placerEnded(dispatcher)
        dispatcher.end()
        answered(batchItemFailures[0]?.itemIdentifier)
      },
      (error: unknown) => {
        if (!dispatcher.isDead) this.#sim.violate('I15', `the dispatcher threw ${String(error)}`)
      },
    )
  }
}
