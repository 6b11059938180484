variable "zones" {
  type = map(string)
}

resource "terraform_data" "zone" {
  for_each = var.zones
  input    = "${each.key}=${each.value}"
}

resource "terraform_data" "names" {
  for_each = toset(["x", "y"])
  input    = each.value
}

output "zones" {
  value = { for k, z in terraform_data.zone : k => z.output }
}
