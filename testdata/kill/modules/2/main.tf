module "net" {
  source = "./net"
  count  = 3
  number = count.index
}

resource "tencentcloud_security_group" "main" {
  name = join("-", module.net[*].subnet)
}
