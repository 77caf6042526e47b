/** A table of thousands of rows, of which the document holds those that are in view and some around them. */
import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Column } from './parts.tsx'
import { type Seen, windowOf } from './window.ts'

interface WindowedProps<Row> {
  readonly caption: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string
  readonly isSelected: (row: Row) => boolean
  /** Called when the reader scrolls near the last row. */
  readonly more: () => void
}

/** Pixels of a row; app.css gives each `.windowed` row this height. */
const rowHeight = 34

export function Windowed<Row>({ caption, columns, rows, keyOf, isSelected, more }: WindowedProps<Row>): VNode {
  const { box, seen, look } = useSeen()
  const { first, last, above, below } = windowOf(seen, rowHeight, rows.length)
  return (
    <div
      ref={box}
      class="scroll windowed"
      tabIndex={0}
      role="region"
      aria-label={caption}
      onScroll={() => {
        look()
        const { scrollTop = 0, clientHeight = 0, scrollHeight = 0 } = box.current ?? {}
        if (scrollTop + clientHeight > scrollHeight - 10 * rowHeight) more()
      }}
    >
      <table aria-rowcount={rows.length + 1}>
        <caption aria-live="polite">{caption}</caption>
        <Heads columns={columns} />
        <tbody>
          <Space height={above} columns={columns.length} />
          {rows.slice(first, last).map((row, index) => (
            <tr key={keyOf(row)} aria-rowindex={first + index + 2} class={isSelected(row) ? 'selected' : ''}>
              <Cells columns={columns} row={row} />
            </tr>
          ))}
          <Space height={below} columns={columns.length} />
        </tbody>
      </table>
    </div>
  )
}

/** What of the box is in view, as the reader scrolls. */
function useSeen() {
  const box = useRef<HTMLDivElement>(null)
  const [seen, setSeen] = useState<Seen>({ top: 0, height: 600 })
  const look = (): void => {
    const { scrollTop: top = 0, clientHeight: height = 600 } = box.current ?? {}
    setSeen(before => (before.top === top && before.height === height ? before : { top, height }))
  }
  useEffect(() => {
    look()
    window.addEventListener('resize', look)
    return () => window.removeEventListener('resize', look)
  }, [])
  return { box, seen, look }
}

const Heads = <Row,>({ columns }: { readonly columns: readonly Column<Row>[] }): VNode => (
  <thead>
    <tr aria-rowindex={1}>
      {columns.map(({ head, isNumber }) => (
        <th key={head} scope="col" class={isNumber === true ? 'n' : ''}>
          {head}
        </th>
      ))}
    </tr>
  </thead>
)

const Cells = <Row,>({ columns, row }: { readonly columns: readonly Column<Row>[]; readonly row: Row }): VNode => (
  <>
    {columns.map(({ head, cell, isNumber }) => (
      <td key={head} class={isNumber === true ? 'n' : ''}>
        {cell(row)}
      </td>
    ))}
  </>
)

/** Stands for the rows that are not in the document. */
const Space = ({ height, columns }: { readonly height: number; readonly columns: number }): VNode | null =>
  height === 0 ? null : (
    <tr aria-hidden="true" class="space">
      <td colSpan={columns} style={{ height: `${height}px` }} />
    </tr>
  )
