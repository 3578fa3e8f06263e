export { once, type IdempotentRequest } from './once.ts'
export { deleteOldKeys, forgetAnswers } from './queries.ts'
