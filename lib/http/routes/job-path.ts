/** Jobs in paths. */
import * as v from 'valibot'
import { show } from '../../core/values/errors.ts'
import { NotFound } from '../errors.ts'

export const jobPath = v.strictObject({ id: v.string() })

/** Ours have 36 characters; other writers of the table may choose theirs. Anything else cannot be a job's id. */
const form = /^[^\p{Cc}]{1,256}$/u

export const noJob = (id: string): NotFound => new NotFound(`there is no job ${show(id)}`)

/** @throws NotFound for text that no job can have as its id, without asking the store */
export function jobId(id: string): string {
  if (!form.test(id)) throw noJob(id)
  return id
}
