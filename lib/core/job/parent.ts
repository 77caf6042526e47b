/** What a child names its parent by: the job, or the batch, whose group it belongs to. */
import type { Job } from './job.ts'

/** A group of jobs: whoever waits for them, and under which name. */
export interface GroupName {
  /** Of the job or the batch that the group belongs to. */
  readonly id: string
  readonly life: string
  readonly generation: number
  readonly name: string
}

/** A place in a group. */
export interface ParentName extends GroupName {
  /** From 0. */
  readonly index: number
  /** The child does not start any more once its parent has ended. */
  readonly isBound: boolean
}

/** What a batch has for a life: no token of a job is this. */
export const batchLife = '~'
/** The only group of a batch. */
const batchGroup = 'batch'

/** The group of the jobs of a batch, under its id. */
export const batchOf = (id: string): GroupName => ({ id, life: batchLife, generation: 1, name: batchGroup })

const bound = 'bound'
const escaped = (text: string): string => text.replaceAll('%', '%25').replaceAll('#', '%23')
const plain = (text: string): string => text.replaceAll('%23', '#').replaceAll('%25', '%')

/** The `parent` of a child: `<life>#<generation>#<index>#<bound or nothing>#<group>#<id>`. */
export const parentText = ({ id, life, generation, index, isBound, name }: ParentName): string =>
  [escaped(life), generation, index, isBound ? bound : '', escaped(name), id].join('#')

const form = /^([^#]*)#(\d{1,9})#(\d{1,9})#(bound|)#([^#]+)#(.+)$/s

/** Undefined for a job that has no parent, or whose `parent` somebody has edited into what nobody can read. */
export function parentOf({ parent }: Pick<Job, 'parent'>): ParentName | undefined {
  if (parent === undefined) return undefined
  const [, life, generation, index, mark, name, id] = form.exec(parent) ?? []
  if (life === undefined || name === undefined || id === undefined) return undefined
  return {
    id,
    life: plain(life),
    generation: Number(generation),
    name: plain(name),
    index: Number(index),
    isBound: mark === bound,
  }
}
