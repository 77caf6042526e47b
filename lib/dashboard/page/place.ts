/** Where the reader is: the address holds all of it, so that back, reload and a link show the same. */
import { signal } from './signal.ts'

const here = (): URL => new URL(window.location.href)

export const place = signal(here())

/** What a page did last: raised, it makes the page ask again. */
export const version = signal(0)
export const refresh = (): void => {
  version.value += 1
}

export function go(href: string): void {
  window.history.pushState(null, '', href)
  place.value = here()
}

/** After the address was replaced: what is on the screen follows. */
export const arrive = (): void => {
  place.value = here()
}

/** Links stay links: a click with a key goes where the browser takes it. */
export function followLinks(): void {
  window.addEventListener('popstate', arrive)
  document.addEventListener('click', event => {
    const link = event.target instanceof Element ? event.target.closest('a') : null
    if (link === null || link.origin !== window.location.origin) return
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    go(link.href)
  })
}

export const jobsHref = (search: string): string => `/jobs?q=${encodeURIComponent(search)}`
/** A limit of a queue, with who holds it and who waits there. */
export const gateHref = (queue: string, gate: string): string =>
  `/queues/${encodeURIComponent(queue)}?gate=${encodeURIComponent(gate)}`
export const jobHref = (id: string): string => `/jobs/${encodeURIComponent(id)}`
