/** A hosted page: nothing is shown before somebody has signed in, and only what their token allows. */
import type { VNode } from 'preact'
import { messageOf, sendWith } from './api.ts'
import { arrive } from './place.ts'
import type { Session, SignIn } from './sign-in.ts'
import { signal, useSignals } from './signal.ts'
import type { OidcSettings } from './types.ts'

/** Without it a token only reads. */
const actScope = 'jobs:operate'

const hasEnded = signal(false)

/**
 * @param show replaces what is on the screen
 * @param frame the page for somebody who has signed in
 */
export async function openHosted(
  oidc: OidcSettings,
  show: (what: VNode) => void,
  frame: (canAct: boolean, who: VNode) => VNode,
): Promise<void> {
  const { signIn, signInAgain } = await import('./sign-in.ts')
  const again = (): void => void signInAgain(oidc).then(handle, refuse)
  const refuse = (error: unknown): void => show(<Door message={messageOf(error)} enter={again} />)
  const handle = (found: SignIn): void => {
    switch (found.kind) {
      case 'leaving':
        return show(<p>Signing in…</p>)
      case 'signedOut':
        return show(<Door enter={again} />)
      case 'refused':
        return show(<Door message={found.message} enter={again} />)
      case 'signedIn': {
        sendWith(found.session.send)
        arrive()
        return show(frame(found.session.scopes.includes(actScope), <Who session={found.session} enter={again} />))
      }
    }
  }
  await signIn(oidc, () => {
    hasEnded.value = true
  }).then(handle, refuse)
}

const Door = ({ message, enter }: { readonly message?: string; readonly enter: () => void }): VNode => (
  <main>
    <h1>Lamplighter</h1>
    {message === undefined ? <p>You are signed out.</p> : <p role="alert">{message}</p>}
    <button type="button" onClick={enter}>
      Sign in
    </button>
  </main>
)

function Who({ session, enter }: { readonly session: Session; readonly enter: () => void }): VNode {
  useSignals()
  return hasEnded.value ? (
    <>
      <span class="bad" role="alert">
        Your session has ended
      </span>
      <button type="button" onClick={enter}>
        Sign in again
      </button>
    </>
  ) : (
    <>
      <span class="soft">{session.name}</span>
      <button type="button" onClick={() => void session.signOut()}>
        Sign out
      </button>
    </>
  )
}
