/** What a step gives, and what a signal brought, as later runs get it. */
import { StepFailed, StepMisused } from '../../core/definition/workflow.ts'
import { normaliseError } from '../../core/job/job-error.ts'
import { type Cell, cellId, maxCellBytes, maxCellsBytes, valueOf } from '../../core/records/cell.ts'
import { isTooLargeInline, maxObjectBytes } from '../../core/records/payload.ts'
import { maxValuesBytes, placedValue, valueKeyOf } from '../../core/records/value-object.ts'
import { Unavailable } from '../../core/values/errors.ts'
import { fromJsonText, resultJsonText, utf8Bytes } from '../../core/values/json.ts'
import { checkSignal } from '../check-input.ts'
import { newRequestToken } from '../tokens.ts'
import type { RunLease } from '../worker/run-lease.ts'

/** @throws StepFailed where it does not fit */
export async function fitting(signal: Cell, schema: Parameters<typeof checkSignal>[1] | undefined): Promise<unknown> {
  const value = valueOf(signal)
  if (schema === undefined) return value
  try {
    return await checkSignal(signal.name, schema, value)
  } catch (error) {
    // It is what came, in each run.
    throw new StepFailed(signal.name, normaliseError(error))
  }
}

/** What a cell holds of a value. */
export type ValueContent = Pick<Cell, 'value' | 'ref' | 'bytes'>

export type ReadValue =
  | { readonly kind: 'value'; readonly value: unknown }
  /** Its object has expired, or somebody has deleted it. */
  | { readonly kind: 'gone'; readonly ref: string }
  /** Nobody can look now. */
  | { readonly kind: 'unknown' }

/** The values of one run's steps. Those that are too large for a cell go into the bucket, where there is one. */
export class StepValues {
  readonly #lease: RunLease
  /** Of the objects that this run has put: it does not read them back. */
  readonly #texts = new Map<string, string>()
  /** What the cells of the generation hold, with those that this run is about to write. */
  readonly #sizes = new Map<string, Size>()

  constructor(lease: RunLease) {
    this.#lease = lease
  }

  /** What earlier runs have left counts. */
  count(cells: Iterable<Cell>): void {
    for (const cell of cells) this.#sizes.set(cellId(cell), sizeOf(cell))
  }

  /** @throws StepMisused: what a step returns must be JSON, or each run would see something else */
  textOf(name: string, value: unknown, call = 'step'): string | undefined {
    if (value === undefined) return undefined
    const maxBytes = this.#bucket === undefined ? maxCellBytes : maxObjectBytes
    try {
      return resultJsonText(`${call}(${name})`, value, maxBytes)
    } catch (error) {
      throw new StepMisused(name, error instanceof Error ? error.message : String(error))
    }
  }

  /**
   * What the cell is to hold. A large value is put first: a cell never points to nothing. One whose cell is not written then
   * goes with its rule.
   * @throws StepMisused for more than the steps of a job may hold; Unavailable: the bucket does not take it
   */
  async placed(name: string, text: string | undefined): Promise<ValueContent> {
    if (text === undefined) return {}
    const isLarge = this.#bucket !== undefined && isTooLargeInline(text, maxCellBytes)
    if (!isLarge) return this.#counted(name, { value: text })
    const { job, run } = this.#lease
    const token = newRequestToken(run.batch.deps.random)
    const { ref, object } = placedValue(job, text, { keepMs: run.start.policy.keepFailedMs, token })
    const content = this.#counted(name, { ref, bytes: utf8Bytes(text) })
    const error = await this.#bucket?.put(object)
    if (error !== undefined) throw new Unavailable(`the value of step '${name}'`, error)
    this.#texts.set(ref, text)
    return content
  }

  async read(cell: Cell): Promise<ReadValue> {
    const { ref } = cell
    if (ref === undefined) return { kind: 'value', value: valueOf(cell) }
    const own = this.#texts.get(ref)
    this.#texts.delete(ref)
    if (own !== undefined) return { kind: 'value', value: fromJsonText(own) }
    const key = valueKeyOf(ref)
    // Without the bucket nobody here can tell what became of it.
    if (key === undefined || this.#bucket === undefined) return { kind: 'unknown' }
    try {
      const text = await this.#bucket.get(key)
      return text === undefined ? { kind: 'gone', ref } : { kind: 'value', value: fromJsonText(text) }
    } catch {
      return { kind: 'unknown' }
    }
  }

  get #bucket() {
    return this.#lease.run.batch.deps.payloads
  }

  #counted(name: string, content: ValueContent): ValueContent {
    this.#sizes.set(name, sizeOf(content))
    let [cells, objects] = [0, 0]
    for (const size of this.#sizes.values()) {
      cells += size.cell
      objects += size.object
    }
    if (cells > maxCellsBytes) throw tooMuch(name, cells, maxCellsBytes, '')
    if (objects > maxValuesBytes) throw tooMuch(name, objects, maxValuesBytes, ' in the bucket')
    return content
  }
}

interface Size {
  readonly cell: number
  readonly object: number
}

const sizeOf = ({ value, error, bytes }: Partial<Cell>): Size => ({
  cell: (value?.length ?? 0) + (error?.length ?? 0),
  object: bytes ?? 0,
})

const tooMuch = (name: string, bytes: number, most: number, where: string): StepMisused =>
  new StepMisused(
    name,
    `with it the steps of this job hold ${bytes} bytes${where}; allowed: at most ${most}, unless it begins anew by continueAsNew`,
  )
