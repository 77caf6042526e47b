/** `queues pause`, `resume`, `scale` and `limit`. */
import type { QueueView } from '../../client/lookup.ts'
import { InvalidInput } from '../../core/values/errors.ts'
import { pathOf } from '../api.ts'
import type { Command } from '../command.ts'
import { paragraph } from '../render.ts'
import { countIn } from '../words.ts'
import { concurrencyText, limitText, queueArgument } from './look.ts'

export const queuesPause: Command = {
  name: 'queues pause',
  summary: 'start no jobs of a queue, during an incident',
  details:
    'Pauses a queue: it takes new jobs, and starts none. What runs ends as it would. A deploy changes nothing about it.',
  arguments: queueArgument,
  options: [
    { flags: '--for <duration>', description: 'it goes on by itself after so long: 30m, 2h (default: never)' },
    { flags: '--why <text>', description: 'for those who look at it later' },
  ],
  examples: ["lamplighter queues pause mails --for 2h --why 'SMTP is down'"],
  async run({ api, named: { queue = '' }, given }) {
    const { for: length, why } = given
    const paused = { ...(why === undefined ? {} : { why }), ...(length === undefined ? {} : { for: length }) }
    const { body } = await api.request<QueueView>('PATCH', pathOf`/v1/queues/${queue}`, { body: { paused } })
    const until = body.paused?.until === undefined ? 'until somebody resumes it' : `until ${body.paused.until}`
    const line = `${queue} is paused ${until}. Nothing new starts within 5 s.`
    return { exit: 'done', json: body, text: page => paragraph(page, line) }
  },
}

export const queuesResume: Command = {
  name: 'queues resume',
  summary: 'end the pause of a queue',
  details: 'Ends the pause of a queue. Messages that waited come within 5 minutes.',
  arguments: queueArgument,
  options: [],
  examples: ['lamplighter queues resume mails'],
  async run({ api, named: { queue = '' } }) {
    const { body } = await api.request<QueueView>('PATCH', pathOf`/v1/queues/${queue}`, { body: { paused: false } })
    const line = `${queue} is not paused. Messages that waited come within 5 minutes.`
    return { exit: 'done', json: body, text: page => paragraph(page, line) }
  },
}

export const queuesScale: Command = {
  name: 'queues scale',
  summary: 'change how many batches of a queue run at the same time',
  details:
    'Changes how many batches of a queue run at the same time, 2 to 1000, over what the code says. It holds until --reset, ' +
    'or until a deploy changes the number in the code. Lambda takes a minute or two to follow.',
  arguments: [...queueArgument, { name: 'concurrency', description: '2 to 1000', isOptional: true }],
  options: [{ flags: '--reset', description: 'back to what the code says' }],
  examples: ['lamplighter queues scale mails 40', 'lamplighter queues scale mails --reset'],
  async run({ api, named: { queue = '', concurrency: text }, flags }) {
    if ((text === undefined) === !flags.has('reset')) {
      throw new InvalidInput('concurrency', text, 'a number from 2 to 1000, or --reset', 'is given wrongly')
    }
    const concurrency = text === undefined ? null : countIn('concurrency', text, 1_000)
    const { body } = await api.request<QueueView>('PATCH', pathOf`/v1/queues/${queue}`, { body: { concurrency } })
    const line = `${queue}: ${concurrencyText(body) ?? 'its concurrency is not known'}.`
    return { exit: 'done', json: body, text: page => paragraph(page, line) }
  },
}

export const queuesLimit: Command = {
  name: 'queues limit',
  summary: 'change how many jobs of a queue run at the same time, or start in a time',
  details:
    'Limits a whole queue: so many of its jobs run at the same time, 1 to 100, or start in a time. Jobs that wait already ' +
    'obey it; runs at work end as they would. It is over what the code says and holds until --off; a deploy changes nothing ' +
    'about it. For more than 100 use `queues scale`.',
  arguments: [
    ...queueArgument,
    { name: 'concurrency', description: 'jobs at the same time, 1 to 100', isOptional: true },
  ],
  options: [
    { flags: '--rate <count/time>', description: 'starts in a time: 10/1s, 600/1h' },
    { flags: '--burst <count>', description: 'starts that may happen at once (default: 1)' },
    { flags: '--off', description: 'back to what the code says' },
  ],
  examples: ['lamplighter queues limit mails 1', 'lamplighter queues limit mails --rate 10/1s --burst 20'],
  async run({ api, named: { queue = '', concurrency }, given, flags }) {
    const limit = flags.has('off') ? null : limitFrom(concurrency, given)
    if (limit === null && (concurrency ?? given['rate'] ?? given['burst']) !== undefined) {
      throw new InvalidInput('--off', true, 'nothing else', 'is given together with a limit')
    }
    const { body } = await api.request<QueueView>('PATCH', pathOf`/v1/queues/${queue}`, { body: { limit } })
    const line = `${queue}: ${limitText(body) ?? 'nothing limits it'}. Workers notice within 5 s.`
    return { exit: 'done', json: body, text: page => paragraph(page, line) }
  },
}

/** As it is typed; the API checks it. @throws InvalidInput */
function limitFrom(concurrency: string | undefined, { rate, burst }: Readonly<Record<string, string | undefined>>) {
  if ((concurrency ?? rate) === undefined) {
    throw new InvalidInput('concurrency', concurrency, 'a number from 1 to 100, --rate, or --off', 'is not given')
  }
  if (burst !== undefined && rate === undefined) throw new InvalidInput('--burst', burst, 'together with --rate only')
  const [, count, per] = rate === undefined ? [] : (/^(\d{1,9})\/(.+)$/.exec(rate) ?? [])
  if (rate !== undefined && (count === undefined || per === undefined)) {
    throw new InvalidInput('--rate', rate, 'a number and a time, such as 10/1s')
  }
  return {
    ...(concurrency === undefined ? {} : { concurrency: countIn('concurrency', concurrency, 100) }),
    ...(count === undefined
      ? {}
      : {
          rate: {
            count: Number(count),
            per,
            ...(burst === undefined ? {} : { burst: countIn('--burst', burst, 10_000) }),
          },
        }),
  }
}
