/** Prints a new pair of keys for webhooks: `npm run webhook:key`. */
import { newWebhookKeys } from './jobs/webhook-signature.ts'

const { privateKey, publicKey } = newWebhookKeys()
console.log(`private key, for the secret in Secrets Manager: ${privateKey}`)
console.log(`public key, for the receivers:                 ${publicKey}`)
