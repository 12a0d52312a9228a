package import Core

/// Which sequences may share pages: a tenant's under one policy. Under another policy the stages would store other
/// keys.
package struct PrefixScope: Hashable, Sendable {
  package let tenant: Tenant
  package let policy: PositionPolicy

  package init(tenant: Tenant = Tenant(), policy: PositionPolicy) {
    self.tenant = tenant
    self.policy = policy
  }
}
