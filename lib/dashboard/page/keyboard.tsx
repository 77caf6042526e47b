/** The keys of `keys.ts` on the page, and their help. */
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { isPaused } from './api.ts'
import { type KeyAct, keyAct, keyHelp } from './keys.ts'
import { closeOwn, Dialog } from './parts.tsx'
import { go } from './place.ts'

/** So long after `g` the next key says the page (milliseconds). */
const afterGMs = 1_500

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target.matches('textarea, select') ||
    (target instanceof HTMLInputElement && target.type !== 'checkbox'))

const rowOf = (element: Element | null): HTMLTableRowElement | null =>
  element?.closest<HTMLTableRowElement>('main tbody tr') ?? null

/** The button for the jobs that are chosen; without any it is not there. */
const chosenRetry = 'main .chosen [data-key=r]'

/** The next row, with the focus; without one, the first that is in view. */
function moveRow(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLTableRowElement>('main tbody tr:not([aria-hidden])')]
  const current = rowOf(document.activeElement)
  const inView = rows.find(
    row => row.getBoundingClientRect().bottom > (row.closest('.scroll')?.getBoundingClientRect().top ?? 0) + 40,
  )
  const next = current === null ? inView : rows[rows.indexOf(current) + by]
  if (next === undefined) return
  next.tabIndex = -1
  next.focus({ preventScroll: true })
  next.scrollIntoView({ block: 'nearest' })
}

const clickIn = (where: ParentNode | null, selector: string): boolean => {
  const found = where?.querySelector<HTMLElement>(selector) ?? null
  found?.click()
  return found !== null
}

/** @returns whether the key is used up */
function perform(act: KeyAct, help: () => void): boolean {
  const row = rowOf(document.activeElement)
  switch (act.kind) {
    case 'go':
      go(act.href)
      return true
    case 'row':
      moveRow(act.by)
      return true
    case 'search':
      document.querySelector<HTMLInputElement>('#search')?.select()
      if (document.querySelector('#search') === null) go('/jobs')
      return true
    case 'select':
      return clickIn(row, 'input[type=checkbox]')
    case 'open':
      // A link or a button with the focus does what it always does.
      return document.activeElement === row && clickIn(row, 'a[href]')
    case 'retry':
      return clickIn(document, chosenRetry) || retryRow(row)
    case 'pause':
      isPaused.value = !isPaused.value
      return true
    case 'help':
      help()
      return true
    case 'goto':
    case 'none':
      return false
  }
}

/** A row with a button of its own has it pressed; else it is selected, and the bar's button is there a moment later. */
function retryRow(row: HTMLTableRowElement | null): boolean {
  if (row === null) return clickIn(document, 'main [data-key=r]:not(td *)')
  if (clickIn(row, '[data-key=r]')) return true
  if (!clickIn(row, 'input[type=checkbox]:not(:checked)')) return false
  requestAnimationFrame(() => window.setTimeout(() => clickIn(document, chosenRetry)))
  return true
}

function useKeys(help: () => void): void {
  useEffect(() => {
    let gAt = Number.NEGATIVE_INFINITY
    const listen = (event: KeyboardEvent): void => {
      const act = keyAct({
        key: event.key,
        isModified: event.ctrlKey || event.altKey || event.metaKey,
        isTyping: isTyping(event.target),
        isInDialog: document.querySelector('dialog[open]') !== null,
        isAfterG: event.timeStamp - gAt < afterGMs,
      })
      gAt = act.kind === 'goto' ? event.timeStamp : Number.NEGATIVE_INFINITY
      if (perform(act, help)) event.preventDefault()
    }
    document.addEventListener('keydown', listen)
    return () => document.removeEventListener('keydown', listen)
  }, [])
}

/** The keys, the button that shows them, and what `.` has stopped. */
export function Keyboard(): VNode {
  const [isOpen, setIsOpen] = useState(false)
  useKeys(() => setIsOpen(true))
  return (
    <>
      <span class="warn" role="status">
        {isPaused.value ? '⏸ not refreshed' : ''}
      </span>
      <button type="button" aria-label="Keys" onClick={() => setIsOpen(true)}>
        ?
      </button>
      {isOpen && (
        <Dialog name="Keys" closed={() => setIsOpen(false)}>
          <dl class="keys">
            {keyHelp.map(([key, what]) => (
              <div key={key}>
                <dt>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
          <p class="soft">
            <a href="/assets/notices.txt" target="_blank" rel="noreferrer">
              Licences of the code in this page
            </a>
          </p>
          <div class="acts">
            <button type="button" onClick={closeOwn}>
              Back
            </button>
          </div>
        </Dialog>
      )}
    </>
  )
}
