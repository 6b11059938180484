resource "tencentcloud_vpc" "net" {
  name       = "main"
  cidr_block = "10.0.0.0/16"
}

resource "tencentcloud_security_group" "new" {
  for_each = { a = 0, b = 1 }
  name     = "group-${each.value}"
}

resource "tencentcloud_subnet" "main" {
  name              = "new"
  vpc_id            = tencentcloud_vpc.net.id
  availability_zone = "ap-guangzhou-3"
  cidr_block        = "10.0.1.0/24"
}

moved {
  from = tencentcloud_vpc.main
  to   = tencentcloud_vpc.net
}

moved {
  from = tencentcloud_security_group.old[0]
  to   = tencentcloud_security_group.new["a"]
}

moved {
  from = tencentcloud_security_group.old[1]
  to   = tencentcloud_security_group.new["b"]
}
