/** The frame of the dashboard: what is served, where the reader is, and the page that belongs there. */
import { render, type VNode } from 'preact'
import { ask } from './api.ts'
import { openHosted } from './hosted.tsx'
import { Job } from './job.tsx'
import { Jobs } from './jobs.tsx'
import { Keyboard } from './keyboard.tsx'
import { Errors, Live } from './lists.tsx'
import { followLinks, place } from './place.ts'
import { Queue } from './queue.tsx'
import { Overview, Queues } from './queues.tsx'
import { Schedules } from './schedules.tsx'
import { useSignals } from './signal.ts'
import { faviconOf, stageOf, titleOf, toneOf } from './stage.ts'
import type { OidcSettings } from './types.ts'

/** What the server says of itself. */
interface Served {
  readonly target: string
  readonly isLocal: boolean
  readonly canAct: boolean
  /** Only where the page is hosted. */
  readonly oidc?: OidcSettings
}

const sections = [
  ['/', 'Overview'],
  ['/queues', 'Queues'],
  ['/jobs', 'Jobs'],
  ['/errors', 'Errors'],
  ['/schedules', 'Schedules'],
  ['/live', 'Live'],
] as const

function Page({ canAct, isLocal }: Pick<Served, 'canAct' | 'isLocal'>): VNode {
  const [, section = '', name] = place.value.pathname.split('/')
  if (name !== undefined && section === 'queues') return <Queue name={decodeURIComponent(name)} canAct={canAct} />
  if (name !== undefined && section === 'jobs') {
    return <Job key={name} id={decodeURIComponent(name)} canAct={canAct} isLocal={isLocal} />
  }
  switch (section) {
    case '':
      return <Overview />
    case 'queues':
      return <Queues />
    case 'jobs':
      return <Jobs canAct={canAct} />
    case 'errors':
      return <Errors canAct={canAct} />
    case 'schedules':
      return <Schedules canAct={canAct} />
    case 'live':
      return <Live />
    default:
      return <h1>There is no such page</h1>
  }
}

function Frame({ who, ...served }: Served & { readonly who?: VNode }): VNode {
  useSignals()
  const current = `/${place.value.pathname.split('/')[1] ?? ''}`
  const stage = stageOf(served)
  document.title = titleOf(served)
  document.querySelector('link[rel=icon]')?.setAttribute('href', faviconOf(stage))
  return (
    <>
      <header>
        <strong>Lamplighter</strong>
        <span class={`badge ${toneOf[stage]}`}>{served.target}</span>
        {!served.canAct && <span class="badge soft">read only</span>}
        <nav aria-label="Pages">
          {sections.map(([href, name]) => (
            <a key={href} href={href} aria-current={href === current ? 'page' : undefined}>
              {name}
            </a>
          ))}
        </nav>
        {who}
        <Keyboard />
      </header>
      <main>
        <Page {...served} />
      </main>
    </>
  )
}

const root = document.getElementById('app')
if (root !== null) {
  followLinks()
  const show = (what: VNode): void => render(what, root)
  void ask<Served>('GET', '/assets/served.json').then(
    served => {
      const { oidc } = served
      if (oidc === undefined) return show(<Frame {...served} />)
      return openHosted(oidc, show, (canAct, who) => <Frame {...served} canAct={canAct} who={who} />)
    },
    () => show(<p role="alert">The dashboard’s server does not answer; reload the page.</p>),
  )
}
