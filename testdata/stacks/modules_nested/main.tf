variable "sizes" {
  default = { a = 1, b = 2 }
}

module "outer" {
  source   = "./outer"
  for_each = var.sizes
  name     = each.key
  size     = each.value
}

output "all" {
  value = { for k, m in module.outer : k => m.all }
}
