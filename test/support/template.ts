/** Reads a synthesised template as CloudFormation would: which values its functions and roles really get. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Resource {
  readonly Type: string
  readonly Properties: Readonly<Record<string, unknown>>
}

export interface SynthesisedTemplate {
  readonly Resources: Readonly<Record<string, Resource>>
}

export const readTemplate = (folder: string, stack: string): SynthesisedTemplate =>
  JSON.parse(readFileSync(join(folder, `${stack}.template.json`), 'utf8')) as SynthesisedTemplate

/** What stands for a resource: its `Ref`, and its attributes for `Fn::GetAtt`. */
export type Stand = (logicalId: string, attribute: string | undefined) => string | undefined

/** Replaces Ref, Fn::GetAtt and Fn::Join by what stands for them; what nobody knows becomes its logical id. */
export function resolved(value: unknown, stand: Stand): unknown {
  if (Array.isArray(value)) return value.map(one => resolved(one, stand))
  if (typeof value !== 'object' || value === null) return value
  const [name, argument] = Object.entries(value)[0] ?? []
  if (name === 'Ref') return stand(String(argument), undefined) ?? String(argument)
  if (name === 'Fn::GetAtt') {
    const [id, attribute] = argument as [string, string]
    return stand(id, attribute) ?? `${id}.${attribute}`
  }
  if (name === 'Fn::Join') {
    const [separator, parts] = argument as [string, readonly unknown[]]
    return parts.map(part => String(resolved(part, stand))).join(separator)
  }
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, resolved(one, stand)]))
}

/** Logical ids of the resources of a type. */
export const idsOf = (template: SynthesisedTemplate, type: string): readonly string[] =>
  Object.entries(template.Resources).flatMap(([id, resource]) => (resource.Type === type ? [id] : []))

/** @throws Error when there is no such resource */
export function propertiesOf(template: SynthesisedTemplate, logicalId: string): Resource['Properties'] {
  const resource = template.Resources[logicalId]
  if (resource === undefined) throw new Error(`there is no resource ${logicalId}`)
  return resource.Properties
}

interface Statement {
  readonly Effect: string
  readonly Action: string | readonly string[]
  readonly Resource: unknown
}

interface Policy {
  readonly Roles: readonly { readonly Ref: string }[]
  readonly PolicyDocument: { readonly Statement: readonly Statement[] }
}

/** Everything that the policies of a role allow, one `action resource` each. @throws Error for a managed policy */
export function allowedTo(template: SynthesisedTemplate, roleId: string, stand: Stand): readonly string[] {
  const { ManagedPolicyArns: managed } = propertiesOf(template, roleId)
  if (managed !== undefined) throw new Error(`${roleId} has a managed policy`)
  const policies = idsOf(template, 'AWS::IAM::Policy').flatMap(id => {
    const { Roles: roles, PolicyDocument: document } = propertiesOf(template, id) as unknown as Policy
    return roles.some(role => role.Ref === roleId) ? [document] : []
  })
  const statements = policies.flatMap(document => document.Statement).filter(({ Effect }) => Effect === 'Allow')
  return statements.flatMap(({ Action: actions, Resource: resources }) =>
    [actions].flat().flatMap(action => [resources].flat().map(one => `${action} ${String(resolved(one, stand))}`)),
  )
}
