export { cbor, type Cbor } from './cbor.ts'
export type { Algorithm } from './keys.ts'
export {
  SoftAuthenticator,
  type CreationOptions,
  type Held,
  type Lies,
  type RequestOptions,
} from './soft-authenticator.ts'
