/** What is looked at: this machine, a stack to try things in, or one that people depend on. */
export type Stage = 'local' | 'trial' | 'production'

/** Words of a stack's name that say nobody depends on it. */
const trials = new Set([
  'dev',
  'develop',
  'development',
  'test',
  'testing',
  'stage',
  'staging',
  'sandbox',
  'qa',
  'preview',
  'demo',
])

/** A stack whose name says nothing counts as production: the mistake that costs less. */
export function stageOf({ isLocal, target }: { readonly isLocal: boolean; readonly target: string }): Stage {
  if (isLocal) return 'local'
  const words = target.split(/[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])/).map(word => word.toLowerCase())
  return words.some(word => trials.has(word)) ? 'trial' : 'production'
}

export const toneOf: Readonly<Record<Stage, string>> = { local: 'good', trial: 'warn', production: 'bad' }

/** One that is seen on light and dark tabs. */
const colours: Readonly<Record<Stage, string>> = { local: '#1f8a4c', trial: '#b26a00', production: '#c62828' }

/** A lamp; of this machine only its outline, so that the two differ without their colours. */
export function faviconOf(stage: Stage): string {
  const colour = colours[stage]
  const paint = stage === 'local' ? `fill="none" stroke="${colour}" stroke-width="2.5"` : `fill="${colour}"`
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path ${paint} stroke-linejoin="round" ` +
    `d="M9 9h14l-3 16h-8z"/><path d="M11 28h10M8 6.5h16M16 6V3" stroke="${colour}" stroke-width="3" stroke-linecap="round"/></svg>`
  return `data:image/svg+xml,${encodeURIComponent(svg)}`
}

/** Of the tab: where one is first, since tabs are narrow. */
export const titleOf = ({ isLocal, target }: { readonly isLocal: boolean; readonly target: string }): string =>
  `[${isLocal ? 'local' : target}] Lamplighter`
