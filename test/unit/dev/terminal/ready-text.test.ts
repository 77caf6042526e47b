import { expect, it } from 'vitest'
import { readyText } from '../../../../lib/dev/terminal/ready-text.ts'

it('says what runs, where, and what to do next', () => {
  const text = readyText({
    version: '0.2.0',
    name: 'my-shop',
    jobs: 5,
    files: { runner: 'src/jobs.ts', handlers: ['src/handlers.ts', 'src/mails.ts'] },
    queues: [
      ['default', 10],
      ['mails', 20],
    ],
    schedules: { count: 3, next: { name: 'clean-up', inMs: 240_000 } },
    url: 'http://127.0.0.1:8787',
    pageUrl: 'http://127.0.0.1:8787/?token=Zk3',
    debuggers: [['worker-default', 9_229]],
    envFile: '.lamplighter/env',
  })
  expect(text).toBe(
    [
      '  Lamplighter 0.2.0                                  my-shop',
      '  Jobs       5 in src/jobs.ts, handlers in src/handlers.ts, src/mails.ts',
      '  Queues     default ×10  mails ×20',
      '  Schedules  3, next: clean-up in 4 min',
      '  Debugger   127.0.0.1:9229 of worker-default',
      '  API        http://127.0.0.1:8787',
      '  Dashboard  http://127.0.0.1:8787/?token=Zk3   (o opens it)',
      '  Your app   node --env-file=.lamplighter/env server.js',
      '',
    ].join('\n'),
  )
})
