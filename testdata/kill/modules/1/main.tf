module "net" {
  source = "./net"
  count  = 2
  number = count.index
}

resource "tencentcloud_security_group" "main" {
  name = join("-", module.net[*].subnet)
}
