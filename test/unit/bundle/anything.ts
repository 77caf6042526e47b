import type { StandardSchemaV1 } from '@standard-schema/spec'

/** A schema that takes everything, without a library that a bundle would have to find. */
export const anything: StandardSchemaV1 = {
  '~standard': { version: 1, vendor: 'test', validate: value => ({ value }) },
}
