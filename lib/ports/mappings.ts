/** What hands the messages of a queue to its worker: Lambda's event source mapping. */
export interface Mapping {
  /** In Lambda's words: `Enabled`, `Disabled`, `Enabling`, `Disabling`, `Updating` … */
  readonly state: string
  /** Batches at the same time; undefined where the mapping has no limit. */
  readonly concurrency: number | undefined
}

export interface MappingChange {
  readonly isEnabled?: boolean
  /** 2 to 1,000. */
  readonly concurrency?: number
}

/** Mappings by the names of their queues. A change takes Lambda up to a minute; none of it decides whether a job runs. */
export interface Mappings {
  /** As of some seconds ago; undefined for a queue without one. @throws Unavailable */
  read(queue: string): Promise<Mapping | undefined>
  /** @throws Unavailable, also while another change of it is under way */
  update(queue: string, change: MappingChange): Promise<void>
}
