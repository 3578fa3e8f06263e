export {
  deleteMembership,
  forgetMemberships,
  putMembership,
  rolesOfMemberships,
  type Membership,
} from './queries.ts'
