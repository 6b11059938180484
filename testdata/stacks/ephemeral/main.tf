variable "token" {
  default   = "temporary"
  ephemeral = true
}

locals {
  header = "Bearer ${var.token}"
}

module "m" {
  source = "./m"
  header = local.header
}

resource "terraform_data" "a" {
  for_each = { known = local.header }
  input    = each.key
  lifecycle {
    precondition {
      condition     = startswith(local.header, "Bearer")
      error_message = "A token is needed."
    }
  }
}

output "nothing" {
  value = ephemeralasnull({ header = local.header, length = module.m.length, fixed = "x" })
}

output "length" {
  value = length([local.header])
}
