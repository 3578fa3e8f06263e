// Imported lazily and by name: a bundle keeps the names of a CommonJS package only where they are imported so.
export { SecretManagerServiceClient } from '@google-cloud/secret-manager'
export { emulated } from '../pubsub/emulated.ts'
