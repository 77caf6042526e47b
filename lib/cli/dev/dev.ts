import { InvalidInput } from '../../core/values/errors.ts'
import type { Command } from '../command.ts'

export const dev: Command = {
  name: 'dev',
  summary: 'run the jobs of this project on this machine',
  details: 'Runs the jobs of this project on this machine, with embedded engines.',
  options: [],
  examples: ['lamplighter dev'],
  async run() {
    throw new InvalidInput('command', 'dev', 'another command', 'is not in this build')
  },
}
