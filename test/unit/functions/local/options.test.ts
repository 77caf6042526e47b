import { describe, expect, it } from 'vitest'
import { parseCli, usage } from '../../../../functions/local/options.ts'

describe('the command line', () => {
  it('has defaults for everything', () => {
    expect(parseCli([])).toEqual({
      kind: 'run',
      options: {
        port: 8787,
        tickMs: 60_000,
        fresh: false,
        json: false,
        samples: true,
        demo: false,
      },
    })
  })

  it('takes every option', () => {
    const args = ['--port=0', '--tick', '5s', '--data', 'x', '--fresh', '--no-samples', '--json']
    expect(parseCli(args)).toEqual({
      kind: 'run',
      options: { port: 0, tickMs: 5_000, dataDir: 'x', fresh: true, json: true, samples: false, demo: false },
    })
  })

  it('gives the demo defaults of its own, and takes the same options', () => {
    const common = { kind: 'run', options: { fresh: false, json: false, samples: true, demo: true } }
    expect(parseCli(['--demo'])).toMatchObject({ ...common, options: { ...common.options, port: 0, tickMs: 2_000 } })
    expect(parseCli(['--demo', '--port', '81', '--tick', '9s', '--data', 'x'])).toEqual({
      ...common,
      options: { ...common.options, port: 81, tickMs: 9_000, dataDir: 'x' },
    })
  })

  it('fits a terminal of 80 columns', () => {
    for (const line of usage.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  it.each(['--help', '-h'])('takes %s', flag => {
    expect(parseCli(['--port', '1', flag])).toEqual({ kind: 'help' })
  })

  it.each([
    [['--prot', '1'], "'--prot'"],
    [['extra'], 'extra'],
    [['--port', 'x'], "--port is 'x'; allowed: 0 to 65535"],
    [['--port', '65536'], "--port is '65536'; allowed: 0 to 65535"],
    [['--port=-1'], "--port is '-1'; allowed: 0 to 65535"],
    [['--port'], '--port'],
    [['--tick', '5'], "--tick is '5'; allowed: a duration"],
    [['--tick', '1ms'], "--tick is '1ms'; allowed: 1s to 1h"],
    [['--data='], '--data'],
    [['--fresh=yes'], '--fresh'],
    [['--demo', '--no-samples'], '--no-samples is given with --demo'],
  ])('refuses %s', (args, message) => {
    expect(parseCli(args)).toEqual({ kind: 'wrong', message: expect.stringContaining(message) })
  })

  it('describes each option', () => {
    for (const name of ['port', 'tick', 'data', 'fresh', 'no-samples', 'json', 'help'])
      expect(usage).toContain(`--${name} `)
  })
})
