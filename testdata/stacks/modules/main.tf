module "net" {
  source = "./net"
  count  = 2
  name   = "n${count.index}"
  cidr   = "10.${count.index}.0.0/16"
}

module "other" {
  source = "./net"
  name   = "other"
  cidr   = "10.9.0.0/16"
}

output "ids" {
  value = [for n in module.net : n.name]
}

output "first" {
  value = module.net[0].name
}
