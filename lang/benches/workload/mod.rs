//! What is measured: configuration such as people write, generated, so that there is as much of it as a measurement needs.

/// A megabyte, in bytes. Sizes here are of source text.
pub(crate) const MEGABYTE: usize = 1 << 20;

/// At least `bytes` of configuration: variables, locals, resources with nested blocks, modules and outputs, with
/// templates, heredocs, conditionals, calls and `for` expressions. The same bytes each time.
pub(crate) fn configuration(bytes: usize) -> String {
    let mut out = String::with_capacity(bytes + 8192);
    let mut n = 0;
    while out.len() < bytes {
        service(n, &mut out);
        n += 1;
    }
    out
}

/// The stack of one service: about four kilobytes.
fn service(n: usize, out: &mut String) {
    let zone = ["north-1", "north-2", "south-1"][n % 3];
    let size = [2, 4, 8, 16][n % 4];
    let disk = 50 + 10 * (n % 12);
    out.push_str(&format!(
        r#"
# Service {n}: a front end, its disks and the rules of its network.

variable "replicas_{n}" {{
  description = "How many servers service {n} has."
  type        = number
  default     = {size}

  validation {{
    condition     = var.replicas_{n} > 0 && var.replicas_{n} <= 64
    error_message = "Between 1 and 64 servers, please: ${{var.replicas_{n}}} is not."
  }}
}}

locals {{
  service_{n} = {{
    name   = "service-{n}"
    labels = merge(var.labels, {{ service = "{n}", zone = "{zone}" }})
    ports  = [80, 443, {port}]
    hosts  = [for i in range(var.replicas_{n}) : format("service-{n}-%02d.%s", i, var.domain)]
    by_zone = {{
      for h in var.hosts : h.zone => h.name... if h.enabled && h.weight >= {weight}.5
    }}
  }}
}}

resource "cloud_server" "service_{n}" {{
  count = var.create_{n} ? var.replicas_{n} : 0

  name          = "${{var.prefix}}-service-{n}-${{count.index + 1}}"
  image         = coalesce(var.image, data.cloud_image.linux.id)
  size          = "standard.{size}"
  zone          = element(var.zones, count.index)
  key_name      = cloud_key.operators.name
  monitoring    = true
  price_per_day = {size}.25
  depends       = null
  tags = {{
    Name        = "service-{n}"
    Environment = terraform.workspace
    "cost/unit" = upper(var.unit)
  }}

  network {{
    subnet          = cloud_subnet.private[count.index % length(cloud_subnet.private)].id
    security_groups = concat([cloud_security_group.service_{n}.id], var.extra_groups[*])
    address         = cidrhost(var.network, {host} + count.index)
  }}

  disk {{
    kind = count.index == 0 ? "fast" : "ordinary"
    size = {disk}
    keep = !var.temporary
  }}

  dynamic "disk" {{
    for_each = {{ for k, d in var.disks : k => d if d.size > 0 }}
    content {{
      kind = disk.value.kind
      size = max(disk.value.size, 10)
      keep = try(disk.value.keep, false)
    }}
  }}

  user_data = <<-EOT
    #!/bin/sh
    set -eu
    echo "service {n} in {zone}" > /etc/motd
    %{{ for name, value in var.settings ~}}
    export ${{name}}="${{value}}"
    %{{ endfor ~}}
    exec /usr/local/bin/agent --port {port} --name ${{var.prefix}}-{n}
  EOT

  lifecycle {{
    create_before_destroy = true
    ignore_changes        = [tags["Name"], image]
  }}
}}

resource "cloud_security_group" "service_{n}" {{
  name        = join("-", compact([var.prefix, "service", "{n}"]))
  description = "What may reach service {n}; \"everything\" within, little from without."

  rule {{
    direction = "in"
    protocol  = "tcp"
    ports     = join(",", local.service_{n}.ports)
    sources   = distinct(flatten([var.office, [for s in cloud_subnet.public : s.cidr]]))
  }}

  rule {{
    direction = "out"
    protocol  = "any"
    sources   = ["0.0.0.0/0"]
  }}
}}

module "backup_{n}" {{
  source   = "./modules/backup"
  for_each = toset(var.backup ? ["daily", "weekly"] : [])

  name     = "${{each.key}}-service-{n}"
  volumes  = cloud_server.service_{n}[*].disk[0].id
  schedule = each.key == "daily" ? "0 3 * * *" : "0 4 * * 0"
  policy = jsonencode({{
    version = 1
    rules   = [{{ keep = {size} * 7, days = -1 + 2 * (3 - 1) }}]
  }})
}}

output "addresses_{n}" {{
  description = "Where service {n} answers."
  value       = {{ for s in cloud_server.service_{n} : s.name => s.network[0].address }}
  sensitive   = false
}}
"#,
        port = 8000 + n % 1000,
        weight = n % 5,
        host = 10 + n % 200,
    ));
}

/// An ordinary resource: twelve arguments, two nested blocks, references, templates, a call and a conditional.
pub(crate) const BODY: &[(&str, &str)] = &[
    ("name", r#""${var.prefix}-web-${count.index + 1}""#),
    ("image", "data.cloud_image.linux.id"),
    ("size", r#""standard.4""#),
    ("zone", "var.zones[count.index % 2]"),
    ("key_name", "cloud_key.operators.name"),
    ("monitoring", "true"),
    ("project", "var.project"),
    ("period", "12"),
    ("charge", r#"var.production ? "yearly" : "hourly""#),
    ("host_name", r#"lower("${var.prefix}-${var.project}")"#),
    ("tags", r#"{ Name = "web", Environment = var.environment }"#),
    ("note", r#""Made for ${var.project}.""#),
    ("network.subnet", "cloud_subnet.private.id"),
    ("network.address", "null"),
    ("disk.kind", r#""fast""#),
    ("disk.size", "var.disk_size"),
];
