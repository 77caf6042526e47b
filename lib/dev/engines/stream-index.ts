import type { DatabaseSync } from 'node:sqlite'

/**
 * Keeps the streams of dynoxide fast. Before each write to a table with a stream, dynoxide asks for the highest sequence
 * number of the table, `MAX(CAST(sequence_number AS INTEGER))`, and has no index for it. Thus each write reads all
 * earlier records. Measured: 843 jobs a second at the start, 220 after 9,000 jobs; with the index 844 to 884 throughout.
 *
 * dynoxide also deletes no record. AWS deletes each after 24 hours.
 */
export type StreamCare =
  /** The index exists now, and records older than a day are gone. */
  | { readonly kind: 'indexed'; readonly trimmed: number }
  /** The file belongs to another version of the engine. Nothing was changed. */
  | { readonly kind: 'unknownSchema'; readonly found: string }

/** docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html */
const retentionSeconds = 24 * 3_600

/** Of dynoxide 1.2.1. */
const knownVersion = '9'
const knownColumns = [
  'id INTEGER',
  'table_name TEXT',
  'event_name TEXT',
  'keys_json TEXT',
  'new_image TEXT',
  'old_image TEXT',
  'sequence_number TEXT',
  'shard_id TEXT',
  'created_at INTEGER',
  'user_identity TEXT',
].join(', ')

/** How long another connection may hold the file (milliseconds). */
const busyMs = 2_000

/**
 * Adds the index to the engine's file, and deletes records older than a day. The newest record of each table stays,
 * because the engine counts on from it: a sequence number is never given twice.
 *
 * @param path the engine's file; the engine is down, or has no table yet
 * @throws Error when the file cannot be opened or written
 */
export async function careForStreams(path: string, now: number): Promise<StreamCare> {
  const { DatabaseSync: Database } = await import('node:sqlite')
  const database = new Database(path, { timeout: busyMs })
  try {
    const found = schemaOf(database)
    if (found !== `version ${knownVersion}: ${knownColumns}`) return { kind: 'unknownSchema', found }
    database.exec(
      'CREATE INDEX IF NOT EXISTS lamplighter_stream_order ON _stream_records (table_name, CAST(sequence_number AS INTEGER))',
    )
    const { changes } = database.prepare(trim).run(Math.floor(now / 1_000) - retentionSeconds)
    return { kind: 'indexed', trimmed: Number(changes) }
  } finally {
    database.close()
  }
}

const trim = `DELETE FROM _stream_records AS old WHERE created_at < ? AND EXISTS (
  SELECT 1 FROM _stream_records AS newer WHERE newer.table_name = old.table_name
  AND CAST(newer.sequence_number AS INTEGER) > CAST(old.sequence_number AS INTEGER))`

/** Readable, so that a report of another schema says what it is. */
function schemaOf(database: DatabaseSync): string {
  const columns = database.prepare('SELECT name, type FROM pragma_table_info(?)').all('_stream_records')
  return `version ${versionOf(database)}: ${columns.map(({ name, type }) => `${String(name)} ${String(type)}`).join(', ')}`
}

function versionOf(database: DatabaseSync): string {
  try {
    return String(database.prepare("SELECT value FROM _config WHERE key = 'schema_version'").get()?.['value'])
  } catch {
    return 'none'
  }
}
