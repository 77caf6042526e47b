/** Parts that several pages share. */
import type { ComponentChildren, VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { messageOf, useHold } from './api.ts'

const marks: Readonly<Record<string, readonly [tone: string, mark: string]>> = {
  COMPLETED: ['good', '✓'],
  FAILED: ['bad', '✕'],
  CANCELLED: ['soft', '⊘'],
  IN_PROGRESS: ['warn', '▶'],
  RETRY: ['warn', '↻'],
}

/** A state by word, mark and colour. */
export function State({ name }: { readonly name: string }): VNode {
  const [tone, mark] = marks[name] ?? ['soft', '·']
  return (
    <span class={tone}>
      <span aria-hidden="true">{mark} </span>
      {name}
    </span>
  )
}

export interface Column<Row> {
  readonly head: string
  readonly cell: (row: Row) => ComponentChildren
  readonly isNumber?: boolean
}

interface TableProps<Row> {
  readonly caption: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[] | undefined
  readonly keyOf: (row: Row) => string
  readonly empty: string
}

export function Table<Row>({ caption, columns, rows, keyOf, empty }: TableProps<Row>): VNode {
  if (rows?.length === 0) return <p class="card empty">{empty}</p>
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={caption}>
      <table>
        <caption>{rows === undefined ? 'Loading…' : caption}</caption>
        <thead>
          <tr>
            {columns.map(({ head, isNumber }) => (
              <th key={head} scope="col" class={isNumber === true ? 'n' : ''}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {(rows ?? []).map(row => (
            <tr key={keyOf(row)}>
              {columns.map(({ head, cell, isNumber }) => (
                <td key={head} class={isNumber === true ? 'n' : 'wide'}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

export const Trouble = ({ text }: { readonly text: string | undefined }): VNode | null =>
  text === undefined ? null : (
    <p class="card bad" role="alert">
      {text}
    </p>
  )

export const Figures = ({
  of,
  isSmall,
}: {
  readonly of: Readonly<Record<string, string>>
  readonly isSmall?: boolean
}) => (
  <dl class={isSmall === true ? 'figures small' : 'figures'}>
    {Object.entries(of).map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
)

interface ActProps {
  readonly name: string
  /** On the button that does it. @default `name` */
  readonly go?: string
  /** What it will do, asked before it is done. */
  readonly what: string
  /** With `'open'` there is another step, and the dialog stays. */
  readonly act: () => Promise<unknown>
  readonly done: () => void
  /** The key that presses it. */
  readonly shortcut?: string
  readonly children?: ComponentChildren
}

interface DialogProps {
  readonly name: string
  /** The dialog has closed: with Escape too. */
  readonly closed: () => void
  readonly children: ComponentChildren
}

/** Open while it is mounted: it keeps the focus in, and gives it back when it closes. */
export function Dialog({ name, closed, children }: DialogProps): VNode {
  const dialog = useRef<HTMLDialogElement>(null)
  useHold()
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} aria-label={name} onClose={closed}>
      {children}
    </dialog>
  )
}

/** Of a button within a dialog: closed so, and not taken away, it gives the focus back. */
export const closeOwn = (event: { readonly currentTarget: Element }): void =>
  event.currentTarget.closest('dialog')?.close()

/** A button that asks first, says what the API refused, and keeps the focus. */
export function Act({ name, go = name, what, act, done, shortcut, children }: ActProps): VNode {
  const [isOpen, setIsOpen] = useState(false)
  const [trouble, setTrouble] = useState<string>()
  const attempt = async (dialog: HTMLDialogElement | null): Promise<void> => {
    try {
      setTrouble(undefined)
      if ((await act()) === 'open') return
      dialog?.close()
      done()
    } catch (error) {
      setTrouble(messageOf(error))
    }
  }
  return (
    <>
      <button
        type="button"
        data-key={shortcut}
        onClick={() => {
          setTrouble(undefined)
          setIsOpen(true)
        }}
      >
        {name}
      </button>
      {isOpen && (
        <Dialog name={name} closed={() => setIsOpen(false)}>
          <p>{what}</p>
          {children}
          <Trouble text={trouble} />
          <div class="acts">
            <button type="button" onClick={event => void attempt(event.currentTarget.closest('dialog'))}>
              {go}
            </button>
            <button type="button" onClick={closeOwn}>
              Back
            </button>
          </div>
        </Dialog>
      )}
    </>
  )
}
