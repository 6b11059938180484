variable "password" {
  type      = string
  sensitive = true
}

resource "terraform_data" "many" {
  for_each = toset(["a", "b"])
  input    = { name = each.key, "$odd" = [1, null], secret = var.password }
}

resource "random_password" "made" {
  length = 20
}

output "names" {
  value = [for r in terraform_data.many : r.input.name]
}
