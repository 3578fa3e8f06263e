import { countByPepper, isPepperNamed } from '../credential/index.ts'
import type { SecretUses } from '../secret-key/index.ts'
import { countByDataKey, isDataKeyNamed } from '../user/index.ts'

/** Which rows name the version of a secret, so that it is kept for them. Postgres holds the same by foreign keys. */
export const secretUses: SecretUses = {
  pepper: [{ what: 'passwords, earlier ones included', isNamed: isPepperNamed, count: countByPepper }],
  data: [{ what: 'people’s keys', isNamed: isDataKeyNamed, count: countByDataKey }],
}
