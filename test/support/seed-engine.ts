/**
 * Puts many items into the embedded engine's file while the engine is down: 100,000 in some seconds, which through its
 * protocol take minutes. How a row looks is learned from one that the engine itself wrote: another layout is an error, not a
 * wrong test.
 */

import type { DatabaseSync } from 'node:sqlite'
import { isDeepStrictEqual } from 'node:util'
import type { Item } from '../../lib/aws/dynamodb/item.ts'
import { itemBytes } from '../../lib/aws/dynamodb/item-bytes.ts'

export interface Seed {
  /** The engine's file; the engine is down. */
  readonly path: string
  readonly table: string
  /** An item that the engine has put; it stays. */
  readonly sample: Item
  readonly items: Iterable<Item>
}

interface Rows {
  readonly item: Readonly<Record<string, string | number>>
  /** Undefined of an item without a lane. */
  readonly index: Readonly<Record<string, string>> | undefined
}

/** What the timeline index projects. */
const projected = ['id', 'lane', 'lookAt', 'type', 'why']

const keyText = (value: Item[string] | undefined): string => `S:${value?.S ?? ''}`

function rowsOf(item: Item): Rows {
  const pk = keyText(item['id'])
  const shown = Object.fromEntries(Object.entries(item).filter(([name]) => projected.includes(name)))
  const index = {
    gsi_pk: keyText(item['lane']),
    gsi_sk: keyText(item['lookAt']),
    table_pk: pk,
    table_sk: '',
    item_json: JSON.stringify(shown),
  }
  return {
    item: { pk, sk: '', item_json: JSON.stringify(item), item_size: itemBytes(item) },
    index: item['lane'] === undefined ? undefined : index,
  }
}

/** @throws Error when the engine writes rows in another way */
export async function seedEngine({ path, table, sample, items }: Seed): Promise<void> {
  const { DatabaseSync: Database } = await import('node:sqlite')
  const database = new Database(path)
  try {
    checkLayout(database, table, sample)
    const [itemInto, indexInto] = [
      // Parts of a parallel scan follow the prefix, and nothing here scans.
      database.prepare(
        `INSERT INTO "${table}" (pk, sk, item_json, item_size, hash_prefix) VALUES (?, ?, ?, ?, '000000')`,
      ),
      database.prepare(
        `INSERT INTO "${table}::gsi::timeline" (gsi_pk, gsi_sk, table_pk, table_sk, item_json) VALUES (?, ?, ?, ?, ?)`,
      ),
    ]
    database.exec('BEGIN')
    for (const one of items) {
      const { item, index } = rowsOf(one)
      itemInto.run(...Object.values(item))
      if (index !== undefined) indexInto.run(...Object.values(index))
    }
    database.exec('COMMIT')
  } finally {
    database.close()
  }
}

/** Compares the rows of the sample with what would be written for it. */
function checkLayout(database: DatabaseSync, table: string, sample: Item): void {
  const { item, index } = rowsOf(sample)
  const pk = String(item['pk'])
  const stored = [
    database.prepare(`SELECT * FROM "${table}" WHERE pk = ?`).get(pk),
    database.prepare(`SELECT * FROM "${table}::gsi::timeline" WHERE table_pk = ?`).get(pk),
  ]
  const expected = [{ ...item, cached_at: null }, index]
  if (isDeepStrictEqual(stored.map(readable), expected.map(readable))) return
  throw new Error(`the engine writes rows in another way:\n${JSON.stringify(stored)}\n${JSON.stringify(expected)}`)
}

/** The engine sorts the names of an item in no order; the prefix is a hash of its own. */
function readable(row: Readonly<Record<string, unknown>> | undefined): unknown {
  if (row === undefined) return undefined
  const { hash_prefix: _, item_json: json, ...rest } = row
  return { ...rest, item: JSON.parse(String(json)) as unknown }
}
