import { newJobId, tokenFrom } from '../core/job/ids.ts'
import type { Random } from '../ports/random.ts'

/** 12 characters, 72 bits: no two runs of a job share one. */
export const newOwner = (random: Random): string => tokenFrom(random.bytes(9))

/** 8 characters, 48 bits: compared only with the one token that an item holds. */
export const newRequestToken = (random: Random): string => tokenFrom(random.bytes(6))

export const newId = (random: Random, now: number): string => newJobId(now, random.bytes(16))
