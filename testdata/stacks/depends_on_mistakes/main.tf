variable "i" {
  default = 0
}

locals {
  l = { x = 1 }
}

resource "terraform_data" "one" {}

resource "terraform_data" "many" {
  count = 1
}

module "m" {
  source     = "./m"
  depends_on = [terraform_data.one.id]
}

resource "terraform_data" "a" {
  for_each = { k = 1 }
  depends_on = [
    terraform_data.many.id,
    terraform_data.many[0].id,
    terraform_data.many[var.i],
    terraform_data.many["${path.module}"],
    terraform_data.one[0],
    module.m.o.x,
    module.m[var.i],
    local.l.x,
    each.key,
    terraform_data.many[*],
  ]
}

output "o" {
  value      = 1
  depends_on = [terraform_data.one.id]
}
