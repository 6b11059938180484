resource "terraform_data" "one" {
  lifecycle {
    postcondition {
      condition     = try(self.nope, true)
      error_message = "no"
    }
  }
  provisioner "local-exec" {
    command = try(terraform_data.one.nope, "true")
  }
}

resource "terraform_data" "many" {
  count = 1
}

locals {
  key      = try(terraform_data.one[0].id, "no")
  legacy   = try(terraform_data.one.0, "no")
  quoted   = try(terraform_data.one["id"], "no")
  name     = can(terraform_data.one.nope)
  inside   = can(terraform_data.one.id.nope)
  many     = try(terraform_data.many[0].nope, "no")
  index    = try(terraform_data.many[0]["id"], "no")
  strange  = try(terraform_data.many[true], "no")
  half     = try(terraform_data.many[0.5], "no")
  untaken  = false ? resource.terraform_data.one.nope : ""
  repeated = [for x in [] : terraform_data.one.nope]
  data     = can(data.terraform_remote_state.s.nope)
}

data "terraform_remote_state" "s" {
  backend = "local"
  config  = { path = "s.tfstate" }
}

module "m" {
  source = "./m"
  count  = 0
  v      = try(terraform_data.one[0], "no")
}

resource "terraform_data" "none" {
  for_each = try(terraform_data.one.nope, {})
}

output "evaluated" {
  value = [terraform_data.one.nope, {}.x]
}
