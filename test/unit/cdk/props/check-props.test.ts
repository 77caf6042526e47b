/** What cannot work is refused at synth: with what was given, what is allowed, and where. */
import { Duration } from 'aws-cdk-lib'
import { Code } from 'aws-cdk-lib/aws-lambda'
import { object } from 'valibot'
import { beforeAll, describe, expect, it } from 'vitest'
import type { JobRunnerProps, WorkerProps } from '../../../../cdk/job-runner.ts'
import { defineJob } from '../../../../lib/define/define-job.ts'
import { defineRunner } from '../../../../lib/define/define-runner.ts'
import { jobRunner, lanternsFile, messagesOf } from '../lanterns-app.ts'

// Bundles are made once for the whole file, which takes its time on a busy machine.
beforeAll(() => void jobRunner(), 60_000)

const input = object({})
const job = (type: string, more: object = {}) => defineJob({ type, input, ...more })

/** The message of what synth throws. */
function refusal(propsFor: () => Partial<JobRunnerProps>): string {
  try {
    jobRunner(propsFor).app.synth()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('nothing was refused')
}

describe('the runner', () => {
  it.each([
    [
      'a queue name that SQS refuses',
      () => defineRunner({ queues: { 'e-mail!': {} }, jobs: [] }),
      /^queue name is 'e-mail!'; allowed: a letter, then letters, digits/,
    ],
    [
      'concurrency 0',
      () => defineRunner({ queues: { mail: { concurrency: 0 } }, jobs: [] }),
      /^queues\.mail\.concurrency is 0; allowed: a whole number from 2 to 1000$/,
    ],
    [
      'a timeout above 15 minutes',
      () => defineRunner({ jobs: [job('slow', { timeout: '16m' })] }),
      /^defineJob\(slow\)\.timeout is '16m'; allowed: 1s to 885s$/,
    ],
    [
      'two jobs of one type',
      () => defineRunner({ jobs: [job('twin'), job('twin')] }),
      /^two jobs have the type 'twin'$/,
    ],
    [
      'a job naming an unknown queue',
      () => defineRunner({ jobs: [job('lost', { queue: 'nowhere' })] }),
      /^job 'lost' names the queue 'nowhere'; defined: default$/,
    ],
  ])('%s', (_, runner, message) => {
    expect(refusal(() => ({ runner: runner() }))).toMatch(message)
  })

  it('more queues than the environment of a function can name', () => {
    const queues = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`queue-${n}`, {}]))
    const message = refusal(() => ({ runner: defineRunner({ queues, jobs: [] }) }))
    expect(message).toMatch(
      /^JobRunner\(Lanterns\/Jobs\)\.runner has 42 queues, .* may take \d{4} bytes .*; allowed: 4096 \(Lambda's limit\)\. Use fewer/,
    )
  })

  it('something else than a runner', () => {
    expect(refusal(() => ({ runner: [] as unknown as JobRunnerProps['runner'] }))).toBe(
      'JobRunner(Lanterns/Jobs).runner is []; allowed: what defineRunner returned',
    )
  })

  it('another runner than the one that the functions would run', () => {
    const message = refusal(() => ({ runner: defineRunner({ jobs: [job('light')] }) }))
    expect(message).toMatch(/^JobRunner\(Lanterns\/Jobs\)\.runner is not the one that .*\/lanterns\/jobs\.ts exports/)
  })
})

describe('the modules', () => {
  const handlers = (name: string) => () => ({
    handlersEntry: lanternsFile(`broken/${name}`),
    runnerEntry: lanternsFile('jobs'),
  })

  it('a handler missing for a contract', () => {
    expect(refusal(handlers('light-only'))).toMatch(
      /^no handler for job type 'post' \(queue 'mail'\) in .*light-only\.ts; there are handlers for: light, post-failed$/,
    )
  })

  it('not missing where the queue has handlers of its own', () => {
    const props = { ...handlers('light-only')(), workers: { mail: { handlersEntry: lanternsFile('mail-handlers') } } }
    expect(() => jobRunner(() => props)).not.toThrow()
  })

  it('two handlers for one type', () => {
    expect(refusal(handlers('twice'))).toMatch(/there are two handlers for job type 'light' \(.*twice\.ts\)$/)
  })

  it('a handler for a type that the runner does not list', () => {
    expect(refusal(handlers('stranger'))).toMatch(
      /there is a handler for job type 'stranger', which the runner does not list; listed: light, post, post-failed \(.*stranger\.ts\)$/,
    )
  })

  it('a module without handlers', () => {
    expect(refusal(handlers('no-handlers'))).toMatch(
      /cannot be bundled:[\s\S]*No matching export in ".*no-handlers\.ts" for import "handlers"/,
    )
  })

  it('a path where nothing is', () => {
    expect(refusal(() => ({ handlersEntry: 'nowhere/handlers.ts' }))).toMatch(
      /^JobRunner\(Lanterns\/Jobs\)\.handlersEntry is 'nowhere\/handlers\.ts'; allowed: the path of a module; there is no file \/.*nowhere\/handlers\.ts$/,
    )
    expect(refusal(() => ({ handlersEntry: lanternsFile('broken/twice') }))).toMatch(
      /^JobRunner\(Lanterns\/Jobs\)\.runnerEntry is '.*broken\/jobs\.ts'; allowed/,
    )
  })

  it('that only load in Lambda are taken, with a warning that nobody looked into them', () => {
    const { app } = jobRunner(handlers('needs-lambda'))
    expect(messagesOf(app)).toEqual([
      expect.stringMatching(/^warning: ".*needs-lambda\.ts does not load here, .*: Error: SECRET_OF_LAMBDA is not set/),
    ])
  })

  it('see the environment that the worker will have', () => {
    const environment = { SECRET_OF_LAMBDA: 'x' }
    const props = { ...handlers('needs-lambda')(), workers: { default: { environment }, mail: { environment } } }
    expect(
      jobRunner(() => props)
        .app.synth()
        .getStackByName('Lanterns').messages,
    ).toEqual([])
  })
})

describe('the props', () => {
  it.each<[string, object, RegExp]>([
    [
      'one that there is not',
      { alarm: true },
      /^JobRunner\(Lanterns\/Jobs\)\.alarm is not an option; allowed: .*\(did you mean 'alarms'\?\)$/,
    ],
    [
      'settings of a worker that there is not',
      { workers: { post: {} } },
      /\.workers\.post is not an option; allowed: default, mail/,
    ],
    [
      'an issuer that is no URL',
      { apiAuth: { jwt: { issuer: 'login.example', audience: ['jobs'] } } },
      /\.apiAuth\.jwt\.issuer is 'login\.example'; allowed: the https URL of an issuer/,
    ],
    [
      'no audience',
      { apiAuth: { jwt: { issuer: 'https://login.example', audience: [] } } },
      /\.apiAuth\.jwt\.audience is \[\]; allowed: a list of 1 to 50 texts$/,
    ],
    [
      'an empty audience',
      { apiAuth: { jwt: { issuer: 'https://login.example', audience: ['jobs', ''] } } },
      /\.apiAuth\.jwt\.audience\[1\] is ''; allowed: a list of 1 to 50 texts$/,
    ],
    [
      'a misspelt audience',
      { apiAuth: { jwt: { issuer: 'https://login.example', audiences: ['jobs'] } } },
      /\.apiAuth\.jwt\.audiences is not an option; allowed: issuer, audience \(did you mean 'audience'\?\)$/,
    ],
    ['no tokens', { apiAuth: { jwt: null } }, /\.apiAuth\.jwt is null; allowed: an object of options$/],
    ['no way in', { apiAuth: {} }, /\.apiAuth is \{\}; allowed: 'iam', 'none', \{ jwt/],
    [
      'a way in that there is not',
      { apiAuth: 'key' },
      /\.apiAuth is 'key'; allowed: 'iam', 'none', \{ jwt: \{ issuer, audience \} \} or an IHttpRouteAuthorizer$/,
    ],
    [
      'no request at all',
      { apiRequestsPerSecond: 0 },
      /\.apiRequestsPerSecond is 0; allowed: a whole number from 1 to 10000$/,
    ],
    [
      'an alarm of a queue that there is not',
      { alarms: { thresholds: { failures: { post: 3 } } } },
      /\.alarms\.thresholds\.failures\.post is not an option; allowed: default, mail/,
    ],
    [
      'an alarm on no failures',
      { alarms: { thresholds: { failures: 0 } } },
      /\.alarms\.thresholds\.failures is 0; allowed: a whole number from 1 to 1000000$/,
    ],
    [
      'an alarm left out that there is not',
      { alarms: { exclude: ['QueueAge-mail'] } },
      /\.alarms\.exclude\.QueueAge-mail is not an option; allowed: OldestDueJob, /,
    ],
    ['alarms by yes', { alarms: true }, /\.alarms is true; allowed: false, or an object of settings$/],
    [
      'details that there are not',
      { apiDetails: ['inputs'] },
      /\.apiDetails is \["inputs"\]; allowed: a list of 'types'/,
    ],
    ['a level of no log', { logLevel: 'TRACE' }, /\.logLevel is 'TRACE'; allowed: DEBUG, INFO, WARN, ERROR$/],
    [
      'a sweeper without memory',
      { sweeperMemorySize: 1 },
      /\.sweeperMemorySize is 1; allowed: a whole number from 128/,
    ],
    ['no write units', { maxWriteRequestUnits: 0 }, /\.maxWriteRequestUnits is 0; allowed: a whole number from 1/],
    [
      'a browser from nowhere',
      { apiCors: { allowOrigins: [] } },
      /\.apiCors\.allowOrigins is \[\]; allowed: a list of at least one origin$/,
    ],
    [
      'an alarm within a tick',
      { alarms: { thresholds: { dueAge: Duration.seconds(30) } } },
      /\.alarms\.thresholds\.dueAge is '30 seconds'; allowed: 2 minutes or more$/,
    ],
    [
      'an alarm within a period',
      { alarms: { thresholds: { startLatency: { mail: Duration.seconds(30) } } } },
      /\.alarms\.thresholds\.startLatency\.mail is '30 seconds'; allowed: 1 minutes? or more$/,
    ],
  ])('%s', (_, props, message) => {
    expect(refusal(() => props)).toMatch(message)
  })

  it.each<[string, WorkerProps & object, RegExp]>([
    [
      'memory below Lambda’s least',
      { memorySize: 64 },
      /\.workers\.mail\.memorySize is 64; allowed: a whole number from 128 to 10240$/,
    ],
    [
      'less reserved than the queue may use',
      { reservedConcurrency: 2 },
      /\.workers\.mail\.reservedConcurrency is 2; allowed: a whole number from 3 to 100000$/,
    ],
    [
      'a name of Lamplighter’s own',
      { environment: { LAMPLIGHTER_TABLE: 'x' } },
      /\.workers\.mail\.environment is 'LAMPLIGHTER_TABLE'; allowed: names that neither/,
    ],
    [
      'the name of the records',
      { environment: { LAMPLIGHTER_RECORDS: 'x' } },
      /\.workers\.mail\.environment is 'LAMPLIGHTER_RECORDS'; allowed: names that neither/,
    ],
    [
      'a name that Lambda reserves',
      { environment: { AWS_REGION: 'x' } },
      /\.workers\.mail\.environment is 'AWS_REGION'; allowed: names that neither/,
    ],
    [
      'bundling for code that is not bundled',
      { code: Code.fromInline('x'), bundling: {} },
      /\.workers\.mail\.bundling is \{\}; allowed: nothing where `code` is given/,
    ],
  ])('of a worker: %s', (_, mail, message) => {
    expect(refusal(() => ({ workers: { mail } }))).toMatch(message)
  })

  it('of a worker: one that there is not', () => {
    const workers = { mail: { memory: 512 } as WorkerProps }
    expect(refusal(() => ({ workers }))).toMatch(
      /\.workers\.mail\.memory is not an option; allowed: handlersEntry, memorySize/,
    )
  })
})
