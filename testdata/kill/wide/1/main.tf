resource "tencentcloud_vpc" "many" {
  count      = 8
  name       = "vpc-${count.index}"
  cidr_block = "10.${count.index}.0.0/16"
}

resource "tencentcloud_security_group" "many" {
  count = 8
  name  = "group-${count.index}"
}

output "ids" {
  value = tencentcloud_vpc.many[*].id
}
