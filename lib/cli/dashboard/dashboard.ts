import { InvalidInput } from '../../core/values/errors.ts'
import type { Command } from '../command.ts'

export const dashboard: Command = {
  name: 'dashboard',
  summary: 'look at jobs and steer them in a browser',
  details: 'Serves the dashboard on this machine. What it shows comes from the target.',
  options: [],
  examples: ['lamplighter dashboard'],
  async run() {
    throw new InvalidInput('command', 'dashboard', 'another command', 'is not in this build')
  },
}
