resource "tencentcloud_vpc" "main" {
  name       = "main"
  cidr_block = "10.0.0.0/16"
}

resource "tencentcloud_subnet" "by_name" {
  for_each          = { a = 0, b = 1, c = 2 }
  name              = each.key
  vpc_id            = tencentcloud_vpc.main.id
  availability_zone = "ap-guangzhou-3"
  cidr_block        = "10.0.${each.value}.0/24"
}

output "subnets" {
  value = { for k, s in tencentcloud_subnet.by_name : k => s.id }
}
