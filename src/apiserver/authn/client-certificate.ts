import type { UserInfo } from "#client/transport.ts";
import { authenticatedGroup } from "../authz/groups.ts";
import { type Authenticator, type ClientCertificate, unauthorized } from "./authenticator.ts";

/** The common name is the user, organizations are the groups. */
export const certificateAuthenticator: Authenticator = ({ certificate }) => {
  if (!certificate) return undefined;
  if (!certificate.verified || !certificate.commonName) throw unauthorized();
  return userOf(certificate);
};

/** One user object for all requests of a connection. */
const users = new WeakMap<ClientCertificate, UserInfo>();

function userOf(certificate: ClientCertificate): UserInfo {
  let user = users.get(certificate);
  if (!user) {
    user = { name: certificate.commonName, groups: [...certificate.organizations, authenticatedGroup] };
    users.set(certificate, user);
  }
  return user;
}
