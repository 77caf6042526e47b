/**
 * A target without an API: the same HTTP app in this process, on the tables and queues themselves, with the contracts of the
 * project in the working directory. AWS decides by the person's credentials what is allowed.
 */
import { awsDeps, clientsIn, namesFrom } from '../aws/connect.ts'
import { awsLine, awsRequests, NotAllowed } from '../aws/signed-fetch.ts'
import { existingFile, findModules } from '../bundle/find-modules.ts'
import { importRunner } from '../bundle/load-runner.ts'
import { InvalidInput, LamplighterError } from '../core/values/errors.ts'
import { createHttpApp } from '../http/app.ts'
import type { Endpoint } from './api.ts'
import type { TargetOptions } from './target.ts'
import type { Terminal } from './terminal.ts'

/** What they are called, as far as it is known. */
export interface TableNames {
  readonly table: string
  readonly records: string | undefined
  /** Queue name → URL, as JSON text. */
  readonly queues: string | undefined
  /** The stack that says so. */
  readonly stack?: string
}

/** …/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html */
const tableForm = /^[A-Za-z0-9_.-]{3,255}$/

class NoTable extends LamplighterError {
  override readonly name = 'NoTable'
  readonly code = 'unknown_table'
}

/** @throws InvalidInput, InvalidDefinition, NotAllowed */
export async function tableEndpoint(given: TableNames, target: TargetOptions, terminal: Terminal): Promise<Endpoint> {
  const { table, records, queues, stack = table } = given
  if (!tableForm.test(table)) throw new InvalidInput('--table', table, 'the name of a DynamoDB table')
  if (records === undefined || records === '') {
    throw new InvalidInput('--records', undefined, 'the table of records, here or in LAMPLIGHTER_RECORDS', 'is absent')
  }
  const names = namesFrom({ LAMPLIGHTER_QUEUES: queues }, { table, records })
  const runner = await importRunner(runnerFile(target, terminal))
  const where = {
    ...(target.region === undefined ? {} : { region: target.region }),
    ...(target.profile === undefined ? {} : { profile: target.profile }),
  }
  const aws = awsRequests({ fetch: terminal.fetch, ...where })
  // An engine on this machine knows nobody.
  const { AWS_ENDPOINT_URL: all, AWS_ENDPOINT_URL_DYNAMODB: own } = terminal.environment
  const isEngine = (own ?? all ?? '') !== ''
  const caller = isEngine ? undefined : await aws.caller()
  const app = createHttpApp(
    awsDeps(runner, names, { emit: () => {} }, clientsIn(where)),
    error => {
      throw refusalOf(error, table)
    },
    { isTypeListed: true, isStackShown: true },
  )
  return {
    // Nobody sends anything there: the app answers.
    url: `http://${table}.invalid`,
    label: isEngine ? `${stack}  on this machine` : awsLine(stack, await aws.region(), caller),
    send: request => app.fetch(request, caller === undefined ? {} : { caller }),
  }
}

/** The contracts: acts need their policies and schemas. */
function runnerFile({ contracts }: TargetOptions, { folder }: Terminal): string {
  if (contracts !== undefined) return existingFile(folder, '--contracts', contracts)
  try {
    return findModules(folder, {}).runner
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error
    const allowed = 'the module of the contracts: this folder is no project with a src/handlers.ts and a src/jobs.ts'
    throw new InvalidInput('--contracts', undefined, allowed, 'is absent')
  }
}

const denials = new Set([
  'AccessDeniedException',
  'CredentialsProviderError',
  'ExpiredTokenException',
  'InvalidSignatureException',
  'UnrecognizedClientException',
])

/** What AWS says, in the words of this program; the app knows such errors only as "temporarily unavailable". */
function refusalOf(error: unknown, table: string): unknown {
  const cause = error instanceof LamplighterError ? error.cause : undefined
  if (!(cause instanceof Error)) return error
  if (denials.has(cause.name)) return new NotAllowed(`AWS says no: ${cause.message}`, { cause })
  if (cause.name === 'ResourceNotFoundException')
    return new NoTable(`there is no table ${table} here, or no records`, { cause })
  return error
}
