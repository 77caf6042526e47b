/** Retry with another input: fields where the type's schema says which there are, else JSON. */
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ask, messageOf } from './api.ts'
import { shown } from './format.ts'
import { type Field, fieldsOf, misfits, textOf, typed } from './json-schema.ts'
import { Act, Trouble } from './parts.tsx'
import { refresh } from './place.ts'
import type { TypeShown } from './types.ts'

interface ChangedInputProps {
  readonly type: string
  readonly input: unknown
  /** What sending does. */
  readonly what: string
  readonly send: (input: unknown) => Promise<unknown>
}

export function ChangedInput({ type, input, what, send }: ChangedInputProps): VNode {
  const [value, setValue] = useState(JSON.stringify(input, undefined, 2))
  const [untaken, setUntaken] = useState<readonly string[]>([])
  const note = (name: string, isTaken: boolean): void =>
    setUntaken(before => [...before.filter(one => one !== name), ...(isTaken ? [] : [name])])
  // Of a type that the deployed code does not have any more: JSON, and the API refuses it.
  const act = async (): Promise<unknown> => {
    if (untaken.length > 0) throw new Error(`not sent: ${untaken.join(', ')} is no JSON`)
    const changed = parsed(value)
    const [first] = misfits(await schemaOf(type), changed)
    if (first !== undefined)
      throw new Error(`input${first.path === '' ? '' : ` ${shown(first.path, 200)}`} ${first.message}`)
    return send(changed)
  }
  return (
    <Act name="Retry with changed input" what={what} act={act} done={refresh}>
      <Editor type={type} text={value} change={setValue} note={note} />
    </Act>
  )
}

/** Null: it gives none. */
const schemaOf = (type: string): Promise<unknown> =>
  ask<TypeShown>('GET', `/v1/types/${encodeURIComponent(type)}`).then(
    ({ inputSchema }) => inputSchema,
    () => null,
  )

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw new Error(`This is no JSON: ${messageOf(error)}`, { cause: error })
  }
}

interface EditorProps {
  readonly type: string
  /** JSON. */
  readonly text: string
  readonly change: (text: string) => void
  /** Of a field whose text cannot be taken; and when it can again. */
  readonly note: (name: string, isTaken: boolean) => void
}

/** Asks for the schema when it is opened. */
function Editor({ type, text, change, note }: EditorProps): VNode {
  const [schema, setSchema] = useState<unknown>()
  useEffect(() => void schemaOf(type).then(setSchema), [type])
  const value = valueIn(text)
  const fields = fieldsOf(schema)
  // What no field shows would be lost.
  const isCovered =
    fields !== undefined &&
    value !== undefined &&
    Object.keys(value).every(key => fields.some(({ name }) => name === key))
  if (!isCovered) {
    return (
      <>
        <label for="input">Input, as JSON</label>
        <textarea id="input" value={text} onInput={event => change(event.currentTarget.value)} />
      </>
    )
  }
  const set = (name: string, one: unknown): void => {
    const { [name]: _, ...rest } = value
    change(JSON.stringify(one === undefined ? rest : { ...value, [name]: one }, undefined, 2))
  }
  return (
    <>
      {fields.map(field => (
        <Input key={field.name} field={field} value={value[field.name]} set={one => set(field.name, one)} note={note} />
      ))}
    </>
  )
}

function valueIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = JSON.parse(text) as unknown
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}

interface InputProps {
  readonly field: Field
  readonly value: unknown
  readonly set: (value: unknown) => void
  readonly note: EditorProps['note']
}

function Input({ field, value, set, note }: InputProps): VNode {
  const { name, kind, isRequired, choices, about } = field
  const [text, setText] = useState(textOf(field, value))
  const [trouble, setTrouble] = useState<string>()
  const type = (next: string): void => {
    setText(next)
    try {
      set(typed(field, next))
      setTrouble(undefined)
      note(name, true)
    } catch (error) {
      note(name, false)
      setTrouble(`not taken: ${messageOf(error)}`)
    }
  }
  const id = `input-${name}`
  const shared = { id, value: text, 'aria-invalid': trouble !== undefined }
  const options = kind === 'boolean' ? ['true', 'false'] : choices
  return (
    <>
      <label for={id}>
        {name}
        {isRequired ? '' : ', may be left out'} {about !== undefined && <span class="soft">{about}</span>}
      </label>
      {options.length > 0 ? (
        <select {...shared} onChange={event => type(event.currentTarget.value)}>
          {['', ...options].map(one => (
            <option key={one}>{one}</option>
          ))}
        </select>
      ) : (
        <textarea {...shared} rows={kind === 'json' ? 4 : 1} onInput={event => type(event.currentTarget.value)} />
      )}
      <Trouble text={trouble} />
    </>
  )
}
