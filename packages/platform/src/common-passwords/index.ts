export { CommonPasswordList } from './common-password-list.ts'
