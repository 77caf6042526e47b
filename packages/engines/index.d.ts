/** fauxqs: an SQS in this process and in memory. */
export { buildApp } from 'fauxqs'

/**
 * Path of dynoxide, a DynamoDB on SQLite: a program for this platform.
 * @throws Error when npm installed none, because there is none for this platform or optional dependencies were left out
 */
export function dynoxidePath(): string
